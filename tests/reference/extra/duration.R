# Competing ends by survival and prodlim, a penalised discrete hazard by brglm2. Run from tests/reference: Rscript extra/duration.R
suppressPackageStartupMessages({library(survival); library(prodlim); library(brglm2); library(jsonlite)})
set.seed(41); n <- 60; size <- round(rnorm(n, 7, 2), 2); months <- sample(c(3, 6, 7, 12, 13, 18, 24), n, TRUE); end <- sample(c("exit", "closed", NA), n, TRUE, c(.5, .2, .3))
d <- data.frame(months, end, size); write.csv(d, "extra/duration.csv", row.names = FALSE, na = "")
code <- ifelse(is.na(end), 0, ifelse(end == "closed", 1, 2)); p <- prodlim(Hist(months, code) ~ 1, data = data.frame(months, code)); tt <- sort(unique(months[code > 0]))
s <- summary(survfit(Surv(months, factor(code)) ~ 1), times = tt)
k <- ifelse(is.na(end), floor(months / 6), ceiling(months / 6)); i <- rep(seq_len(n), k); per <- sequence(k); y <- as.integer(!is.na(end[i]) & end[i] == "exit" & per == ceiling(months[i] / 6))
m <- glm(y ~ factor(per) + size[i], family = binomial, method = brglm2::brglmFit, type = "AS_mean", epsilon = 1e-12, maxit = 5000)
out <- list(time = tt, closed = list(survfit = s$pstate[, 2], prodlim = as.numeric(predict(p, times = tt, cause = 1)), prodlim_se = p$se.cuminc[["1"]][match(tt, p$time)]),
  exit = list(survfit = s$pstate[, 3], prodlim = as.numeric(predict(p, times = tt, cause = 2)), prodlim_se = p$se.cuminc[["2"]][match(tt, p$time)]),
  hazard = list(n = length(y), events = sum(y), coef = unname(coef(m)), se = unname(sqrt(diag(vcov(m))))),
  versions = sapply(c("survival", "prodlim", "brglm2"), function(q) as.character(packageVersion(q))))
writeLines(toJSON(out, auto_unbox = TRUE, digits = 15, pretty = TRUE), "extra/duration.json")

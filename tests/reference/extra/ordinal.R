# Further ordinal fits by R's ordinal package. Run from tests/reference: Rscript extra/ordinal.R
suppressPackageStartupMessages({library(ordinal); library(jsonlite)})
d <- read.csv("data/wine.csv"); d$y <- factor(d$rating, ordered = TRUE); d$bottle <- NULL
h <- read.csv("data/housing.csv"); h$Sat <- factor(h$Sat, c("Low", "Medium", "High"), ordered = TRUE)
h$Infl <- factor(h$Infl, c("Low", "Medium", "High")); h$Type <- factor(h$Type, c("Tower", "Apartment", "Atrium", "Terrace")); h$Cont <- factor(h$Cont, c("Low", "High"))
ctl <- clm.control(gradTol = 1e-10, maxIter = 200)
show <- function(m) { s <- summary(m)$coefficients; list(coef = unname(s[, 1]), se = unname(s[, 2]), logLik = as.numeric(logLik(m)), terms = rownames(s)) }
out <- list(
  partial = show(clm(Sat ~ Infl + Type, nominal = ~Cont, weights = Freq, data = h, control = ctl)),
  scale = show(clm(Sat ~ Infl + Type + Cont, scale = ~Cont, weights = Freq, data = h, control = ctl)),
  loglog = show(clm(Sat ~ Infl + Type + Cont, weights = Freq, data = h, link = "loglog", control = ctl)),
  cauchit = show(clm(Sat ~ Infl + Type + Cont, weights = Freq, data = h, link = "cauchit", control = ctl)),
  clmm_probit = { m <- clmm(y ~ temp + contact + (1 | judge), d, link = "probit", nAGQ = 10); c(show(m), list(sd = sqrt(as.numeric(VarCorr(m)$judge)))) },
  versions = list(ordinal = as.character(packageVersion("ordinal")), R = as.character(getRversion())))
writeLines(toJSON(out, auto_unbox = TRUE, digits = 15, pretty = TRUE), "extra/ordinal.json")

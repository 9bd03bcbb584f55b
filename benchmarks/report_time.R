# The analyses of the cohort report as one R script: the same resamples, the packages that an analyst would take.
# Run by report_time.py: Rscript report_time.R <folder with the data> <folder to write into> <seconds.csv>
#
# R is spared work that ours does: it is given one clean table of practices and one of answers (no checks, lineage, joins
# or features), its tables pass no disclosure policy, and no tagged PDF is made.
suppressPackageStartupMessages({
  library(psych); library(lavaan); library(clubSandwich); library(sandwich); library(mice); library(MASS)
  library(ordinal); library(brglm2); library(rms); library(lme4); library(metafor); library(mclust)
  library(ggplot2); library(knitr)
})
options(mc.cores = 2)
arguments <- commandArgs(trailingOnly = TRUE)
from <- arguments[1]; to <- arguments[2]
set.seed(2019)
seconds <- c(); tables <- list(); figures <- list()
part <- function(name, code) {
  begun <- proc.time()[["elapsed"]]
  suppressWarnings(suppressMessages(force(code)))
  seconds[[name]] <<- proc.time()[["elapsed"]] - begun
}
keep <- function(name, table) tables[[name]] <<- as.data.frame(table)
draw <- function(name, plot) figures[[name]] <<- plot + theme_minimal()

part("reading", {
  raw <- lapply(list.files(file.path(from, "study"), "[.]csv$", full.names = TRUE), read.csv)
  sheets <- lapply(list.files(file.path(from, "study"), "[.]xlsx$", full.names = TRUE), openxlsx::read.xlsx)
  d <- read.csv(file.path(from, "practices.csv"), row.names = 1)
  items <- read.csv(file.path(from, "items.csv"), row.names = 1)
  areas <- read.csv(file.path(from, "areas.csv"))
  programmes <- read.csv(file.path(from, "programmes.csv"))
})
sets <- split(areas$item, areas$area)
scores <- paste0("phq_", names(sets))

part("participation", {
  d$answered <- d$responded == "True"
  d$size <- cut(d$list_size, c(0, 5000, 10000, Inf))
  for (by in c("place", "contract_type", "size")) {
    counted <- table(d[[by]], d$answered)
    shares <- t(sapply(rownames(counted), function(g)
      prop.test(counted[g, "TRUE"], sum(counted[g, ]), correct = FALSE)$conf.int))
    keep(paste("response by", by), cbind(as.data.frame.matrix(counted), shares))
  }
  compared <- c("list_size", "imd_score", "gp_fte_per_1000", "nurse_fte_per_1000", "list_growth_12m",
                "payments_per_weighted_patient", "rurality", "contract_type", "place", "dispensing")
  keep("comparison", do.call(rbind, lapply(intersect(compared, names(d)), function(v) {
    x <- d[[v]]
    p <- if (is.numeric(x)) c(t.test(x ~ d$answered)$p.value, wilcox.test(x ~ d$answered)$p.value) else
      rep(chisq.test(table(x, d$answered))$p.value, 2)
    data.frame(variable = v, p = p[1], p_rank = p[2])
  })))
  keep("missing", colMeans(is.na(items)))
  draw("flow", ggplot(data.frame(step = c("asked", "answered"), n = c(nrow(d), sum(d$answered))), aes(step, n)) + geom_col())
})

part("instrument: reliability, items, scores", {
  alphas <- lapply(sets, function(s) suppressWarnings(psych::alpha(items[s], check.keys = FALSE)))
  omegas <- sapply(sets, function(s) psych::omega(items[s], nfactors = 1, plot = FALSE)$omega.tot)
  whole <- psych::alpha(items, check.keys = FALSE)
  whole_omega <- psych::omega(items, nfactors = 3, plot = FALSE)
  keep("reliability", cbind(do.call(rbind, lapply(alphas, function(a) a$total)), omega = omegas))
  keep("items", do.call(rbind, lapply(alphas, function(a) cbind(a$item.stats, a$alpha.drop[, 1:2]))))
  pairs <- t(combn(scores, 2))
  keep("correlations", t(apply(pairs, 1, function(p) {
    r <- cor.test(d[[p[1]]], d[[p[2]]]); c(r$estimate, r$conf.int)
  })))
  sem <- sapply(names(sets), function(a) sd(d[[paste0("phq_", a)]], na.rm = TRUE) * sqrt(1 - alphas[[a]]$total$raw_alpha))
  keep("precision", data.frame(sem, apart = mapply(function(a, e) {
    x <- na.omit(d[[paste0("phq_", a)]]); mean(dist(x) >= qnorm(.975) * sqrt(2) * e)
  }, names(sets), sem)))
  keep("agreement", suppressWarnings(psych::ICC(na.omit(d[c("phq_overall", "phq_overall_previous")]))$results))
  likert <- stack(lapply(sets, function(s) unlist(items[s])))
  draw("likert", ggplot(likert, aes(ind, fill = factor(values))) + geom_bar(position = "fill") + coord_flip())
  draw("reliability", ggplot(cbind(tables$reliability, area = names(sets)), aes(raw_alpha, area)) + geom_point())
  long <- as.data.frame(as.table(cor(d[scores], use = "pairwise")))
  draw("correlation", ggplot(long, aes(Var1, Var2, fill = Freq)) + geom_tile())
})

merged <- as.data.frame(lapply(items, function(x) {  # answers that fewer than five gave are joined to those beside them
  f <- table(x)
  while (length(f) > 2 && min(f) < 5) {
    i <- which.min(f); j <- if (i == 1) 2 else i - 1
    x[x %in% as.numeric(names(f)[i])] <- as.numeric(names(f)[j]); f <- table(x)
  }
  as.integer(factor(x))
}))
part("instrument: number of factors (100 random data sets, polychoric)", {
  poly <- psych::polychoric(merged, correct = 0)
  parallel <- psych::fa.parallel(merged, fm = "minres", fa = "fa", cor = "poly", n.iter = 100, sim = FALSE, plot = FALSE,
                                 quant = .95)
  map <- psych::vss(poly$rho, n = 8, n.obs = nrow(items), plot = FALSE)
  keep("eigenvalues", data.frame(observed = parallel$fa.values))
  draw("scree", ggplot(data.frame(i = seq_along(parallel$fa.values), v = parallel$fa.values), aes(i, v)) + geom_line())
})
part("instrument: loadings", {
  found <- psych::fa(poly$rho, nfactors = max(parallel$nfact, 1), fm = "minres", rotate = "oblimin", n.obs = nrow(items))
  keep("loadings", unclass(found$loadings))
})
part("instrument: model of the areas (robust, missing answers)", {
  model <- paste(sapply(names(sets), function(a) paste(a, "=~", paste(sets[[a]], collapse = " + "))), collapse = "\n")
  fitted <- lavaan::cfa(model, items, estimator = "MLR", missing = "fiml")
  keep("areas model", as.matrix(lavaan::fitMeasures(fitted)))
  keep("areas estimates", lavaan::parameterEstimates(fitted))
})

settings <- read.csv(file.path(from, "predictors.csv"))
predictors <- settings$name
numeric <- d[c("phq_overall", predictors, "pcn_code", "place")]
used <- na.omit(numeric[c("phq_overall", predictors, "pcn_code")])
formula_of <- function(right, left = "phq_overall") reformulate(right, left)
with_cr2 <- function(fit, cluster, joint = TRUE) {
  v <- clubSandwich::vcovCR(fit, cluster = cluster, type = "CR2")
  made <- as.data.frame(clubSandwich::coef_test(fit, vcov = v, test = "Satterthwaite"))
  limits <- clubSandwich::conf_int(fit, vcov = v)
  if (joint) clubSandwich::Wald_test(fit, clubSandwich::constrain_zero(2:length(coef(fit))), vcov = v)
  cbind(made, low = limits$CI_L, high = limits$CI_U)
}
n_boot <- 1000
part("drivers: models", {
  adjusted <- lm(formula_of(predictors), used)
  keep("effects", with_cr2(adjusted, used$pcn_code))
  keep("effects hc3", lmtest::coeftest(adjusted, vcov. = sandwich::vcovHC(adjusted, "HC3"))[])
  keep("unadjusted", do.call(rbind, lapply(predictors, function(v) with_cr2(lm(formula_of(v), used), used$pcn_code)[2, ])))
  draw("forest", ggplot(cbind(tables$effects[-1, ], term = predictors), aes(beta, term)) + geom_point())
})
part("drivers: importance (LMG, 1,000 resamples)", {
  p <- length(predictors)
  subsets <- lapply(0:(2^p - 1), function(b) which(bitwAnd(b, 2^(0:(p - 1))) > 0))
  sizes <- lengths(subsets)
  lmg <- function(data) {
    s <- cov(data)
    r2 <- sapply(subsets, function(k) if (length(k)) {
      c1 <- s[1, 1 + k]; sum(c1 * solve(s[1 + k, 1 + k, drop = FALSE], c1)) / s[1, 1]
    } else 0)
    weights <- factorial(sizes) * factorial(p - sizes - 1) / factorial(p)
    sapply(seq_len(p), function(j) {
      without <- which(!sapply(subsets, function(k) j %in% k))
      sum(weights[without] * (r2[without + 2^(j - 1)] - r2[without]))
    })
  }
  held <- as.matrix(used[c("phq_overall", predictors)])
  booted <- boot::boot(held, function(x, i) lmg(x[i, ]), R = n_boot)
  keep("importance", data.frame(share = booted$t0, t(apply(booted$t, 2, quantile, c(.025, .975)))))
  draw("importance", ggplot(cbind(tables$importance, term = predictors), aes(share, term)) + geom_col())
})
known <- numeric[!is.na(numeric$phq_overall) & !is.na(numeric$pcn_code), ]
part("drivers: other ways of fitting (imputation m = 20, weights, MM, ordinal, places left out)", {
  asked <- cbind(d[predictors], answered = d$responded == "True")
  response <- glm(answered ~ ., binomial, na.omit(asked))
  w <- setNames(1 / fitted(response), rownames(na.omit(asked)))
  used$weight <- w[rownames(used)]
  keep("weighted", with_cr2(lm(formula_of(predictors), used, weights = weight), used$pcn_code))
  completed <- mice::mice(known[c("phq_overall", predictors)], m = 20, printFlag = FALSE)
  fits <- lapply(1:20, function(i) {
    fit <- lm(formula_of(predictors), mice::complete(completed, i))
    list(b = coef(fit), v = diag(as.matrix(clubSandwich::vcovCR(fit, cluster = known$pcn_code, type = "CR2"))))
  })
  keep("imputed", t(mapply(function(j) unlist(mice::pool.scalar(sapply(fits, function(f) f$b[j]),
    sapply(fits, function(f) f$v[j]), n = nrow(known), k = p + 1)[c("qbar", "t", "df", "fmi")]), seq_len(p + 1))))
  keep("mm", coef(summary(robustbase::lmrob(formula_of(predictors), used))))
  near <- used[cooks.distance(adjusted) <= 4 / nrow(used), ]
  keep("without influential", with_cr2(lm(formula_of(predictors), near), near$pcn_code))
  used$fifth <- cut(rank(used$phq_overall), 5, labels = FALSE, ordered_result = TRUE)
  used$fifth <- ordered(used$fifth)
  scaled <- cbind(used["fifth"], scale(used[predictors]))
  ordinal_fit <- ordinal::clm(formula_of(predictors, "fifth"), data = scaled)
  keep("fifths", coef(summary(ordinal_fit))); keep("proportional odds", ordinal::nominal_test(ordinal_fit))
  places <- numeric[rownames(used), "place"]
  for (left in unique(places)) {
    rest <- used[places != left, ]
    keep(paste("without", left), with_cr2(lm(formula_of(predictors), rest), rest$pcn_code))
  }
})
part("drivers: specification curves", {
  exposures <- settings$name[settings$role == "exposure"]; confounders <- settings$name[settings$role == "confounder"]
  known$mean_of_areas <- rowMeans(d[rownames(known), scores])
  known$weight <- w[rownames(known)]; known$weight[is.na(known$weight)] <- mean(known$weight, na.rm = TRUE)
  five <- mice::mice(known[c("phq_overall", predictors)], m = 5, printFlag = FALSE)
  imputed <- lapply(1:5, function(i) cbind(mice::complete(five, i), known[c("pcn_code", "mean_of_areas", "weight")]))
  one <- function(data, outcome, right, weighted, kind) {
    data <- na.omit(data[c(outcome, right, "pcn_code", "weight")])
    data$w <- if (weighted) data$weight else 1
    if (kind == "linear") {
      as.numeric(with_cr2(lm(formula_of(right, outcome), data, weights = w), data$pcn_code, joint = FALSE)[2, 2:3])
    } else if (kind == "robust") {
      coef(summary(MASS::rlm(formula_of(right, outcome), data, weights = w)))[2, 1:2]
    } else {
      data$fifth <- ordered(cut(rank(data[[outcome]]), 5, labels = FALSE)); data[right] <- scale(data[right])
      coef(summary(ordinal::clm(formula_of(right, "fifth"), data = data)))[5, 1:2]
    }
  }
  found <- list()
  for (exposure in exposures) {
    sets_of <- list(none = exposure, confounders = c(exposure, confounders), all = c(exposure, setdiff(predictors, exposure)))
    grid <- expand.grid(outcome = c("phq_overall", "mean_of_areas"), adjust = names(sets_of), weighted = c(FALSE, TRUE),
                        missing = c("complete", "imputed"), kind = c("linear", "robust", "ordinal"),
                        stringsAsFactors = FALSE)
    grid <- grid[grid$kind == "linear" | !grid$weighted, ]  # ours weights the linear model alone
    if (!anyNA(known[predictors])) grid <- grid[grid$missing == "complete", ]
    for (i in seq_len(nrow(grid))) {
      g <- grid[i, ]; right <- sets_of[[g$adjust]]
      found[[length(found) + 1]] <- if (g$missing == "complete") one(known, g$outcome, right, g$weighted, g$kind) else {
        five_of <- sapply(imputed, one, g$outcome, right, g$weighted, g$kind)
        unlist(mice::pool.scalar(five_of[1, ], five_of[2, ]^2)[c("qbar", "t")])
      }
    }
  }
  curve <- data.frame(estimate = sapply(found, function(x) x[[1]]), spread = sapply(found, function(x) x[[2]]))
  keep("specifications", curve)
  draw("specifications", ggplot(curve, aes(rank(estimate), estimate)) + geom_point())
})

part("special measures: shares, Firth models, 200 resamples of their discrimination", {
  outcomes <- strsplit(readLines(file.path(from, "outcomes.txt")), ",")
  for (held in outcomes) {
    y <- d[[held[1]]]; y <- if (is.numeric(y)) y else ifelse(y == "", NA, as.numeric(y == "True"))
    if (sum(y, na.rm = TRUE) > 0) keep(paste("share", held[1]), t(prop.test(sum(y, na.rm = TRUE), sum(!is.na(y)))$conf.int))
    if (length(held) < 2) next
    data <- na.omit(data.frame(y = y, scale(d[held[-1]])))
    fit_firth <- function(data) glm(y ~ ., binomial, data, method = "brglmFit", type = "AS_mean")
    firth <- fit_firth(data)
    keep(paste("model", held[1]), coef(summary(firth)))
    c_of <- function(fit, data) Hmisc::rcorr.cens(predict(fit, data), data$y)[["C Index"]]
    keep(paste("optimism", held[1]), mean(replicate(200, {
      again <- data[sample(nrow(data), replace = TRUE), ]
      if (length(unique(again$y)) < 2) NA else { f <- fit_firth(again); c_of(f, again) - c_of(f, data) }
    }), na.rm = TRUE))
  }
  draw("ratings", ggplot(d, aes(cqc_rating)) + geom_bar())
})

part("programmes: change against no programme", {
  for (name in unique(programmes$programme)) {
    inside <- rownames(d) %in% programmes$practice_code[programmes$programme == name & programmes$started_on != ""]
    never <- !rownames(d) %in% programmes$practice_code
    data <- na.omit(cbind(d[c("phq_overall", "phq_overall_previous", predictors)], inside)[inside | never, ])
    if (min(table(factor(data$inside, c(FALSE, TRUE)))) < 5) next
    right <- c("inside", "phq_overall_previous", predictors)
    plain <- lm(formula_of(right), data)
    e <- fitted(glm(formula_of(right[-1], "inside"), binomial, data))
    data$overlap <- ifelse(data$inside, 1 - e, e)
    balanced <- lm(formula_of(right), data, weights = overlap)
    for (fit in list(plain, balanced)) keep(paste(name, length(tables)), lmtest::coeftest(fit, vcov. = sandwich::vcovHC(fit, "HC3"))[])
    keep(paste("balance", name), sapply(right[-1], function(v) diff(tapply(data[[v]], data$inside, mean)) / sd(data[[v]])))
  }
  both <- na.omit(d[c("phq_overall_previous", "phq_overall")])
  keep("change", unlist(t.test(both[[2]], both[[1]], paired = TRUE)[c("estimate", "conf.int", "p.value")]))
  draw("regression to the mean", ggplot(both, aes(phq_overall_previous, phq_overall - phq_overall_previous)) + geom_point())
})

part("comparing: shrinkage, ranks (4,000 draws), funnels, profiles", {
  y <- na.omit(d["phq_overall"])[[1]]; rows <- rownames(d)[!is.na(d$phq_overall)]
  a <- whole$total$raw_alpha
  se <- sd(y) * sqrt(1 - a) * sqrt(ncol(items) / rowSums(!is.na(items[rows, ])))
  pooled <- metafor::rma(y, sei = se, method = "REML"); shrunken <- metafor::blup(pooled)
  keep("shrunken", as.data.frame(shrunken))
  draws <- matrix(rnorm(4000 * length(y), shrunken$pred, shrunken$se), length(y))
  ranks <- apply(draws, 2, rank)
  keep("ranks", t(apply(ranks, 1, quantile, c(.025, .5, .975))))
  for (group in c("place", "pcn_code")) {
    mixed <- lme4::lmer(y ~ 1 + (1 | g), data.frame(y, g = d[rows, group]))
    keep(paste("by", group), coef(mixed)$g)
    again <- matrix(rnorm(4000 * length(y), fitted(mixed), sigma(mixed)), length(y)); apply(again, 2, rank)
  }
  z <- (y - mean(y)) / se; z <- pmin(pmax(z, quantile(z, .1)), quantile(z, .9)); phi <- mean(z^2)
  keep("funnel", data.frame(y, low = mean(y) - 3 * se * sqrt(phi), high = mean(y) + 3 * se * sqrt(phi)))
  draw("funnel", ggplot(data.frame(y, se), aes(1 / se, y)) + geom_point())
  draw("caterpillar", ggplot(data.frame(i = rank(shrunken$pred), p = shrunken$pred, l = shrunken$pi.lb, h = shrunken$pi.ub),
                             aes(i, p, ymin = l, ymax = h)) + geom_pointrange())
  profile <- scale(na.omit(d[rows, scores]))
  profiles_of <- function(x, G) mclust::Mclust(x, G = G, modelNames = "VVI", verbose = FALSE)
  clusters <- profiles_of(profile, 1:6)
  number <- function(x) { G <- profiles_of(x, 2:6)$G; if (is.null(G)) NA else G }
  stability <- replicate(50, number(profile[sample(nrow(profile), replace = TRUE), ]))
  null <- replicate(39, number(matrix(rnorm(length(profile)), nrow(profile))))
  keep("profiles", data.frame(G = clusters$G, stable = mean(stability == clusters$G, na.rm = TRUE)))
  keep("peers", apply(as.matrix(dist(scale(d[rows, c("list_size", "imd_score", "gp_fte_per_1000")]))), 1, order)[2:11, ])
})

part("figures and documents (page, Word file, workbook)", {
  drawn <- sapply(names(figures), function(n) {
    file <- file.path(to, paste0(gsub(" ", "-", n), ".svg")); ggsave(file, figures[[n]], width = 6.5, height = 4); file
  })
  png <- sapply(names(figures), function(n) {
    file <- file.path(to, paste0(gsub(" ", "-", n), ".png")); ggsave(file, figures[[n]], width = 6.5, height = 4, dpi = 180); file
  })
  saveRDS(list(tables = tables, svg = drawn, png = png), file.path(to, "held.rds"))
  body <- c("---", "title: Cohort report", "---", "```{r, echo=FALSE, results='asis', warning=FALSE}",
            "held <- readRDS('held.rds')", "pictures <- if (knitr::is_html_output()) held$svg else held$png",
            "for (n in names(pictures)) cat('\\n\\n## ', n, '\\n\\n![', n, '](', pictures[[n]], ')\\n', sep = '')",
            "for (n in names(held$tables)) { cat('\\n\\n## ', n, '\\n\\n'); print(knitr::kable(held$tables[[n]], digits = 3)) }",
            "```")
  writeLines(body, file.path(to, "report.Rmd"))
  rmarkdown::render(file.path(to, "report.Rmd"), "html_document", quiet = TRUE)
  rmarkdown::render(file.path(to, "report.Rmd"), "word_document", quiet = TRUE)
  names(tables) <- make.unique(substr(gsub("[^A-Za-z0-9 ]", "", names(tables)), 1, 26))
  openxlsx::write.xlsx(tables, file.path(to, "tables.xlsx"), rowNames = TRUE)
})
write.csv(data.frame(part = names(seconds), seconds = unlist(seconds)), arguments[3], row.names = FALSE)

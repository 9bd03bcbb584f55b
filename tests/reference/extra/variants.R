# Other data sets and options than the public cases have. Run from tests/reference: Rscript extra/variants.R
suppressPackageStartupMessages({library(ordinal); library(mice); library(mitml); library(clubSandwich); library(lmerTest); library(pbkrtest); library(jsonlite)})
rd <- function(f) read.csv(file.path("data", f)); u <- function(v) unname(as.vector(v)); R <- list()
# cumulative link models: links with threshold-specific and scale effects, a factor of three levels, frequencies
show <- function(m) { s <- summary(m)$coefficients; list(coef = u(s[, 1]), se = u(s[, 2]), logLik = as.numeric(logLik(m))) }
ctl <- clm.control(gradTol = 1e-10, maxIter = 500)
h <- rd("housing.csv"); h$Sat <- factor(h$Sat, c("Low", "Medium", "High"), ordered = TRUE); h$Infl <- factor(h$Infl, c("Low", "Medium", "High")); h$Type <- factor(h$Type, c("Tower", "Apartment", "Atrium", "Terrace")); h$Cont <- factor(h$Cont, c("Low", "High"))
b <- rd("beps.csv"); b$y <- factor(b$economic.cond.national, ordered = TRUE); b$vote <- factor(b$vote)
R$nominal_cloglog <- show(clm(Sat ~ Type + Cont, nominal = ~Infl, weights = Freq, data = h, link = "cloglog", control = ctl))
R$nominal_scale_probit <- show(clm(Sat ~ Infl + Type, nominal = ~Cont, scale = ~Infl, weights = Freq, data = h, link = "probit", control = ctl))
R$nominal_vote <- show(clm(y ~ Europe + Blair, nominal = ~vote, data = b, control = ctl))
R$scale_loglog <- show(clm(y ~ Europe + vote, scale = ~Blair, data = b, link = "loglog", control = ctl))
d <- rd("wine.csv"); d$y <- factor(d$rating, ordered = TRUE)
mm <- function(link, q) { m <- clmm(y ~ temp + contact + (1 | judge), transform(d, judge = factor(judge)), link = link, nAGQ = q); c(show(m), list(sd = sqrt(as.numeric(VarCorr(m)$judge)))) }
R$clmm_cloglog <- mm("cloglog", 10); R$clmm_loglog <- mm("loglog", 7)
# pooled comparison of logistic models
L <- rd("mi_nhanes2_m20.csv"); L$hyp <- as.integer(L$hyp == "yes"); S <- split(L, L$.imp); tight <- glm.control(epsilon = 1e-15, maxit = 200)
fit <- function(f) lapply(S, function(d) do.call(glm, list(f, data = d, family = binomial, control = tight)))
f1 <- fit(hyp ~ bmi + chl); f0 <- fit(hyp ~ bmi)
R$pooled_logistic <- list(d1 = u(D1(as.mira(f1), as.mira(f0))$result), d2 = u(D2(as.mira(f1), as.mira(f0))$result), d3_refitted = u(D3(as.mira(f1), as.mira(f0))$result), d2_likelihood = u(testModels(f1, f0, "D2", use = "likelihood")$test), d4 = u(testModels(f1, f0, "D4")$test))
A <- rd("mi_airquality_m20.csv"); S <- split(A, A$.imp); fit <- function(f) lapply(S, function(d) do.call(lm, list(f, data = d)))
f1 <- fit(Ozone ~ Solar.R + Wind + Temp); f0 <- fit(Ozone ~ Temp)
R$pooled_linear <- list(d1 = u(D1(as.mira(f1), as.mira(f0))$result), d2 = u(D2(as.mira(f1), as.mira(f0))$result), d3_refitted = u(D3(as.mira(f1), as.mira(f0))$result), d3 = u(testModels(f1, f0, "D3")$test), d4 = u(testModels(f1, f0, "D4")$test))
# six clusters of unequal size, one of them a single row
m <- lm(mpg ~ wt + am, rd("mtcars.csv")); cl <- rd("mtcars.csv")$carb; kinds <- c("CR0", "CR1", "CR1S", "CR1p", "CR2", "CR3"); V <- vcovCR(m, cl, "CR2"); t <- coef_test(m, V, test = "Satterthwaite"); w <- Wald_test(m, constrain_zero(2:3), V, test = "HTZ")
R$few_clusters <- list(se = lapply(setNames(nm = kinds), function(k) u(sqrt(diag(as.matrix(vcovCR(m, cl, k)))))), df = t$df_Satt, p = t$p_Satt, F = w$Fstat, df_den = w$df_denom)
# a random intercept for four groups only
p <- rd("prestige.csv"); p$type[is.na(p$type)] <- "none"; c2 <- lme4::lmerControl(optimizer = "nloptwrap", optCtrl = list(xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-13, ftol_rel = 1e-14, maxeval = 1e5))
m <- lmerTest::lmer(prestige ~ education + women + (1 | type), p, control = c2); st <- summary(m, ddf = "Satterthwaite")$coefficients; kr <- summary(m, ddf = "Kenward-Roger")$coefficients
R$few_groups <- list(n = nrow(p), criterion = lme4::REMLcrit(m), estimate = u(st[, 1]), se = u(st[, 2]), df = u(st[, 3]), kr_se = u(kr[, 2]), kr_df = u(kr[, 3]), sigma = sigma(m), theta = u(lme4::getME(m, "theta")))
# p values with missing ones
q <- c(.2, NA, .01, .01, NA, .5, 1e-20, .9999, .03); k <- c("holm", "hochberg", "hommel", "bonferroni", "BH", "BY"); R$adjusted <- c(list(p = q), lapply(setNames(nm = k), function(m) p.adjust(q, m)))
R$versions <- lapply(setNames(nm = c("ordinal", "mice", "mitml", "clubSandwich", "lme4", "lmerTest", "pbkrtest")), function(q) as.character(packageVersion(q)))
writeLines(toJSON(R, auto_unbox = TRUE, digits = 15, pretty = TRUE, na = "null"), "extra/variants.json")

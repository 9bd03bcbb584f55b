# Regression options that the public cases leave out. Run from tests/reference: Rscript extra/regression.R
suppressPackageStartupMessages({library(clubSandwich); library(sandwich); library(survey); library(lmerTest); library(pbkrtest); library(MASS); library(robustbase); library(quantreg); library(jsonlite); library(car)})
rd <- function(f) read.csv(file.path("data", f))
u <- function(v) unname(as.vector(v)); se <- function(V) u(sqrt(diag(as.matrix(V))))
schools <- na.omit(rd("apiclus1.csv")[, c("api00", "meals", "ell", "enroll", "stype", "dnum")]); schools$w <- 1 + schools$enroll / 1000; schools$high <- as.integer(schools$api00 > 650)
kinds <- c("CR0", "CR1", "CR1S", "CR1p", "CR2", "CR3"); R <- list()
tests <- function(m, V, k) { t <- coef_test(m, V, test = "Satterthwaite"); w <- Wald_test(m, constrain_zero(k), V, test = "HTZ"); list(df = t$df_Satt, F = w$Fstat, df_num = w$df_num, df_den = w$df_denom, p = w$p_val) }
m <- lm(api00 ~ meals + ell, schools, weights = w)
R$weighted <- list(se = lapply(setNames(kinds, kinds), function(k) se(vcovCR(m, schools$dnum, k))), hc = lapply(setNames(nm = c("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5")), function(k) se(vcovHC(m, k))),
  CR1 = tests(m, vcovCR(m, schools$dnum, "CR1"), 2:3), CR2 = tests(m, vcovCR(m, schools$dnum, "CR2"), 2:3), CR3 = tests(m, vcovCR(m, schools$dnum, "CR3"), 2:3), logLik = as.numeric(logLik(m)), r2 = summary(m)$r.squared, adj_r2 = summary(m)$adj.r.squared, sigma = summary(m)$sigma,
  rstudent = u(rstudent(m))[1:10], cooks = u(cooks.distance(m))[1:10], dffits = u(dffits(m))[1:10], hat = u(hatvalues(m))[1:10], vif = u(vif(m)))
g <- glm(high ~ meals + ell, binomial, schools, control = glm.control(epsilon = 1e-15, maxit = 200))
R$logistic <- list(coef = u(coef(g)), se = lapply(setNames(kinds[c(1, 2, 5, 6)], kinds[c(1, 2, 5, 6)]), function(k) se(vcovCR(g, schools$dnum, k))), CR2 = tests(g, vcovCR(g, schools$dnum, "CR2"), 2:3), hc = lapply(setNames(nm = c("HC0", "HC1", "HC2", "HC3")), function(k) se(vcovHC(g, k))))
m <- lm(api00 ~ meals + stype, schools); L <- rbind(c(1, 20, 1, 0), c(1, 60, 0, 0)); V <- vcovCR(m, schools$dnum, "CR2"); lc <- linear_contrast(m, V, L)
R$factor <- list(gvif = u(vif(m)[, 1]), gvif_scaled = u(vif(m)[, 3]), type2_F = Anova(m)[1:2, "F value"], hc3_F = Anova(m, white.adjust = "hc3")[1:2, "F"], stype_HTZ = tests(m, V, 3:4), contrast = list(estimate = lc$Est, se = lc$SE, df = lc$df),
  confidence = predict(m, data.frame(meals = c(20, 60), stype = c("H", "E")), interval = "confidence"), prediction = predict(m, data.frame(meals = c(20, 60), stype = c("H", "E")), interval = "prediction"))
s <- rd("apiclus1.csv"); s$w <- 20 + s$enroll / 50; s$N <- ifelse(s$dnum %% 2 == 0, 400, 357); s$half <- s$dnum %% 2
d <- svydesign(~dnum, strata = ~half, weights = ~w, fpc = ~N, data = s); sm <- svymean(~api00 + meals, d, deff = TRUE); sg <- svyglm(api00 ~ meals + ell, d)
R$survey <- list(mean = u(coef(sm)), se = u(SE(sm)), deff = u(deff(sm)), df = degf(d), total_se = u(SE(svytotal(~api00, d))), coef = u(coef(sg)), coef_se = u(SE(sg)), coef_df = sg$df.residual)
d1 <- svydesign(~1, weights = ~w, data = s); r <- rake(d1, list(~stype, ~half), list(data.frame(stype = c("E", "H", "M"), Freq = c(4000, 1000, 1194)), data.frame(half = 0:1, Freq = c(3000, 3194))), control = list(epsilon = 1e-12, maxit = 500)); rm <- svymean(~meals, r)
R$rake <- list(weights = u(weights(r))[1:10], mean = u(coef(rm)), se = u(SE(rm)), neff = sum(weights(r))^2 / sum(weights(r)^2))
tight <- lme4::lmerControl(optimizer = "nloptwrap", optCtrl = list(xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-13, ftol_rel = 1e-14, maxeval = 1e5), check.conv.singular = "ignore")
mixed <- function(f, d, joint, reml = TRUE) { environment(f) <- environment(); m <- do.call(lmerTest::lmer, list(f, data = d, REML = reml, control = tight)); st <- summary(m, ddf = "Satterthwaite")$coefficients; L <- diag(nrow(st))[joint, , drop = FALSE]; a <- contestMD(m, L)
  o <- list(criterion = if (reml) lme4::REMLcrit(m) else -2 * as.numeric(logLik(m)), estimate = u(st[, 1]), se = u(st[, 2]), df = u(st[, 3]), theta = u(lme4::getME(m, "theta")), sigma = sigma(m), F = a[["F value"]], df_den = a$DenDF)
  if (reml) { kr <- summary(m, ddf = "Kenward-Roger")$coefficients; b <- contestMD(m, L, ddf = "Kenward-Roger"); o <- c(o, list(kr_se = u(kr[, 2]), kr_df = u(kr[, 3]), kr_F = b[["F value"]], kr_df_den = b$DenDF)) }; o }
sl <- rd("sleepstudy.csv"); sl <- sl[-c(3, 4, 17, 40:45), ]; sl$k <- factor(sl$Subject %% 3); R$slopes <- mixed(Reaction ~ Days + k + (Days | Subject), sl, 3:4); R$slopes_ml <- mixed(Reaction ~ Days + k + (Days | Subject), sl, 3:4, FALSE)
pm <- rd("popmis.csv"); pm <- pm[seq(1, nrow(pm), 3), ]; R$pupils <- mixed(teachpop ~ sex + texp + (1 | school), pm, 2:3); R$pupils_slope <- mixed(teachpop ~ sex + texp + (sex | school), pm, 2:3)
pm$tall <- (pm$pupil - 10) / 5; R$two_slopes <- mixed(teachpop ~ sex + tall + (sex + tall | school), pm, 2:3)
a <- rd("apiclus1.csv"); R$schools <- mixed(api00 ~ meals + ell + stype + (1 | dnum), a, 4:5)
gl <- function(f, d, q = 1) { environment(f) <- environment(); m <- lme4::glmer(f, data = d, family = binomial, nAGQ = q, control = lme4::glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5), tolPwrss = 1e-12)); z <- summary(m)$coefficients; list(logLik = as.numeric(logLik(m)), estimate = u(z[, 1]), se = u(z[, 2]), theta = u(lme4::getME(m, "theta"))) }
pm$liked <- as.integer(pm$teachpop > 5); R$binary <- gl(liked ~ sex + texp + (1 | school), pm); R$binary_agq <- gl(liked ~ sex + texp + (1 | school), pm, 7); R$binary_slope <- gl(liked ~ sex + (sex | school), pm)
p <- rd("prestige.csv"); at <- rd("attitude.csv"); sk <- stackloss
rb <- function(f, d) { set.seed(1); m <- lmrob(f, d, control = lmrob.control(refine.tol = 1e-12, rel.tol = 1e-12, max.it = 500, k.max = 5000, nResample = 2000)); h <- rlm(f, d, maxit = 500, acc = 1e-13); list(mm = u(coef(m)), mm_se = u(summary(m)$coefficients[, 2]), mm_scale = m$scale, mm_weights = u(m$rweights), huber = u(coef(h)), huber_se = u(summary(h)$coefficients[, 2]), huber_scale = h$s) }
R$robust <- list(prestige = rb(prestige ~ income + education, p), attitude = rb(rating ~ ., at), stackloss = rb(stack.loss ~ ., sk), swiss = rb(Fertility ~ Agriculture + Examination + Education + Catholic + Infant.Mortality, rd("swiss.csv")))
R$stackloss_data <- as.list(sk)
qs <- function(f, d, t) { s <- summary(rq(f, t, d), se = "nid")$coefficients; list(estimate = u(s[, 1]), se = u(s[, 2])) }
R$quantile <- list(prestige_25 = qs(prestige ~ income + education, p, .25), prestige_90 = qs(prestige ~ income + education, p, .9), schools_50 = qs(api00 ~ meals + ell + enroll, schools, .5), schools_80 = qs(api00 ~ meals + ell + enroll, schools, .8))
p$share <- p$prestige / 100; f <- glm(share ~ income + education, quasibinomial, p, control = glm.control(epsilon = 1e-15)); R$fractional <- list(coef = u(coef(f)), se = lapply(setNames(nm = c("HC0", "HC1", "HC3")), function(k) se(vcovHC(f, k))))
R$versions <- lapply(setNames(nm = c("clubSandwich", "sandwich", "survey", "lme4", "lmerTest", "pbkrtest", "MASS", "robustbase", "quantreg", "car")), function(q) as.character(packageVersion(q)))
writeLines(toJSON(R, auto_unbox = TRUE, digits = 15, pretty = TRUE), "extra/regression.json")

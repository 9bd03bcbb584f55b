# Variants of shrinkage, funnels, change and difference in differences beyond the public cases.
# Run in the root of the checkout: Rscript tests/reference/extra/practices.R > tests/reference/extra/practices.json
suppressMessages({library(metafor); library(emmeans); library(car); library(clubSandwich); library(sandwich); library(jsonlite)})
rd <- function(name) read.csv(file.path("tests/reference/data", paste0(name, ".csv")))
out <- list()

# --- shrinkage: other data, zero and full counts, few units, other levels
shrink <- function(y, v) lapply(c(dl = "DL", reml = "REML", pm = "PM"), function(k) {
  m <- rma(y, v, method = k, control = list(threshold = 1e-13, maxiter = 20000, tol = 1e-13))
  b <- blup(m, level = 90)
  list(tau2 = m$tau2, mean = unname(m$b[1]), se = m$se, i2 = m$I2, h2 = m$H2, q = m$QE, blup = b$pred, blup_se = b$se)
})
logits <- function(x, n) list(y = log((x + .5) / (n - x + .5)), v = 1 / (x + .5) + 1 / (n - x + .5))
p <- rd("pritz1997"); g <- rd("gen_funnel138"); s <- rd("sat_act"); b <- rd("cbpp")
herd <- aggregate(cbind(incidence, size) ~ herd, b, sum)
sets <- list(pritz = logits(p$xi, p$ni), first12 = logits(g$x[1:12], g$n[1:12]), herds = logits(herd$incidence, herd$size),
             scores = list(y = c(52.1, 61.4, 70.2, 48.8, 66.0, 59.9, 75.3, 63.7), v = c(9, 16, 4, 25, 9, 12.25, 6.25, 20.25)),
             alike = list(y = c(60, 60.5, 59.8, 60.2, 60.1), v = rep(4, 5)))
out$shrinkage <- lapply(sets, function(d) c(d, shrink(d$y, d$v)))

# --- one-way mixed model with known variances in groups
nest <- function(y, v, g) { id <- seq_along(y); m <- rma.mv(y, v, random = list(~1 | g, ~1 | id), control = list(rel.tol = 1e-10, iter.max = 5000, eval.max = 5000)); r <- ranef(m)
  list(y = y, v = v, g = g, omega2 = m$sigma2[1], tau2 = m$sigma2[2], mean = m$b[1], se = m$se, group = r$g$intrcpt) }
st <- rd("gen_practice")
out$nested <- list(practices = nest(st$pre, 9 + (st$list_size %% 7), as.integer(factor(st$icb))))

# --- funnels: other targets and winsorising, arcsine; formulae of Spiegelhalter 2005 in our own words
funnel <- function(y, target, s, share) {
  z <- (y - target) / s; q <- quantile(z, c(share, 1 - share)); zw <- pmin(pmax(z, q[1]), q[2]); k <- length(z)
  phi <- mean(zw^2); w <- 1 / s^2; tau2 <- max(0, (k * phi - (k - 1)) / (sum(w) - sum(w^2) / sum(w)))
  list(phi = phi, tau2 = tau2, used = if (k * phi > k - 1) phi else 1)
}
grid <- expand.grid(target = c(NA, .6, .75), share = c(0, .05, .2))
out$funnel <- lapply(seq_len(nrow(grid)), function(i) {
  th <- if (is.na(grid$target[i])) sum(g$x) / sum(g$n) else grid$target[i]
  c(list(target = th, share = grid$share[i]), funnel(g$x / g$n, th, sqrt(th * (1 - th) / g$n), grid$share[i]))
})
out$poisson <- list(n = c(4.2, 11, 30.5), l = sapply(c(4.2, 11, 30.5), function(m) { p <- .025; r <- qpois(p, m); (r - (ppois(r, m) - p) / dpois(r, m)) / m }),
                    u = sapply(c(4.2, 11, 30.5), function(m) { p <- .975; r <- qpois(p, m); (r - (ppois(r, m) - p) / dpois(r, m)) / m }))
out$binomial99 <- list(n = c(7, 20, 55), l = sapply(c(7, 20, 55), function(m) { p <- .005; r <- qbinom(p, m, .3); max(0, (r - (pbinom(r, m, .3) - p) / dbinom(r, m, .3)) / m) }),
                       u = sapply(c(7, 20, 55), function(m) { p <- .995; r <- qbinom(p, m, .3); min(1, (r - (pbinom(r, m, .3) - p) / dbinom(r, m, .3)) / m) }))

# --- ANCOVA: two groups, covariates, a covariate that is a factor, another confidence level
ancova <- function(d, post, pre, group, covs = NULL, level = .95) {
  m <- lm(reformulate(c(pre, group, covs), post), d); a <- Anova(m); e <- as.data.frame(emmeans(m, group, level = level)); k <- as.data.frame(pairs(emmeans(m, group)))
  mi <- lm(reformulate(c(pre, group, covs, paste(pre, group, sep = ":")), post), d); h <- anova(m, mi)
  list(coef = unname(coef(m)), se = unname(sqrt(diag(vcov(m)))), hc3 = unname(sqrt(diag(vcovHC(m, "HC3")))), hc1 = unname(sqrt(diag(vcovHC(m, "HC1")))),
       ci = unname(confint(m, level = level)), ss = a[, 1], df = a$Df, f = head(a[["F value"]], -1), p = head(a[["Pr(>F)"]], -1),
       adjusted = e$emmean, adjusted_se = e$SE, lower = e$lower.CL, upper = e$upper.CL, pair_p = k$p.value, pair = k$estimate,
       slopes = c(h$F[2], h$Df[2], h$Res.Df[2], h[["Pr(>F)"]][2]), eta2 = a[group, 1] / (a[group, 1] + a["Residuals", 1]))
}
an <- rd("anorexia"); two <- an[an$Treat != "FT", ]; st$joined <- factor(st$treated); st$big <- factor(ifelse(st$list_size > median(st$list_size), "large", "small"), c("small", "large"))
st$size <- st$list_size / 1000
out$ancova <- list(two_groups = ancova(two, "Postwt", "Prewt", "Treat", level = .9), practices = ancova(st, "post", "pre", "joined", level = .99),
                   covariate = ancova(st, "post", "pre", "joined", "size"), factor = ancova(st, "post", "pre", "joined", c("size", "big")))

# --- change: whether it depends on the baseline
change <- function(x, y) { d <- y - x; m <- lm(y ~ I(x - mean(x))); z <- summary(m)$coefficients[1, ]
  list(oldham = cor(d, (x + y) / 2), mee_chua = unname(c(z[1] - mean(x), z[2], (z[1] - mean(x)) / z[2])), slope = unname(coef(lm(d ~ x))[2])) }
out$change <- list(controls = change(st$pre[st$treated == 0], st$post[st$treated == 0]), treated = change(st$pre[st$treated == 1], st$post[st$treated == 1]), anorexia = change(an$Prewt, an$Postwt))

# --- difference in differences: unbalanced, covariates, three waves with an event study, few clusters
did <- function(d, f, cluster, term = "treat:post") { m <- lm(f, d); k <- names(coef(m)) == term; v <- lapply(c("CR0", "CR1", "CR1S", "CR2", "CR3"), function(t) vcovCR(m, cluster = d[[cluster]], type = t))
  s <- as.data.frame(coef_test(m, vcov = v[[4]], test = "Satterthwaite", p_values = TRUE))[k, ]; ci <- as.data.frame(conf_int(m, vcov = v[[4]], level = .9, test = "Satterthwaite"))[k, ]
  list(estimate = unname(coef(m)[k]), se = sapply(v, function(x) sqrt(as.matrix(x)[k, k])), df = s$df_Satt, p = s$p_Satt, ci = c(ci$CI_L, ci$CI_U)) }
long <- data.frame(unit = rep(st$practice, 2), area = rep(st$icb, 2), treat = rep(st$treated, 2), post = rep(0:1, each = nrow(st)), size = rep(st$size, 2), y = c(st$pre, st$post))
holed <- long[-c(3, 17, 40, 150, 151, 200, 233), ]
small <- long[long$area %in% unique(long$area)[1:6], ]
out$did <- list(covariate = did(long, y ~ treat * post + size, "area"), holed_unit = did(holed, y ~ treat * post, "unit"), holed_area = did(holed, y ~ treat * post, "area"),
                few_areas = did(small, y ~ treat * post, "area"))
# three waves: the middle one is made from the two, so that the same numbers can be made elsewhere
st$middle <- .4 * st$pre + .5 * st$post + 5 + 2 * sin(seq_len(nrow(st)))
w <- data.frame(unit = factor(rep(st$practice, 3)), treat = rep(st$treated, 3), wave = rep(1:3, each = nrow(st)), y = c(st$pre, st$middle, st$post))
fe <- lm(y ~ unit + factor(wave) + I(treat * (wave == 1)) + I(treat * (wave == 3)), w)
own <- aggregate(cbind(y) ~ unit, w, mean); dm <- w; for (n in c("y")) dm[[n]] <- dm[[n]] - ave(dm[[n]], dm$unit)
X <- data.frame(d1 = as.numeric(w$wave == 1), d3 = as.numeric(w$wave == 3)); X$t1 <- X$d1 * w$treat; X$t3 <- X$d3 * w$treat
for (n in names(X)) X[[n]] <- X[[n]] - ave(X[[n]], w$unit)
mm <- lm(dm$y ~ 0 + as.matrix(X)); cr <- vcovCR(mm, cluster = w$unit, type = "CR2"); full <- vcovCR(fe, cluster = w$unit, type = "CR2"); k <- grep("treat", names(coef(fe)))
ct <- as.data.frame(coef_test(fe, vcov = full, test = "Satterthwaite"))[k, ]
out$event <- list(estimate = unname(coef(fe)[k]), se_within = unname(sqrt(diag(as.matrix(cr)))[3:4]), se_full = unname(sqrt(diag(as.matrix(full)))[k]), df_full = ct$df_Satt)
# --- slopes of single units: one model with a slope for each, and metafor over these slopes
sl <- rd("sleepstudy"); sl <- sl[-c(2, 3, 15, 40:46, 99), ]; sl$Subject <- factor(sl$Subject)
ml <- lm(Reaction ~ 0 + Subject + Subject:Days, sl); k <- grep(":Days", names(coef(ml))); sv <- diag(vcov(ml))[k]
rs <- rma(coef(ml)[k], sv, control = list(threshold = 1e-13, maxiter = 20000)); bl <- blup(rs)
hs <- lm(s ~ g, data.frame(s = unname(coef(ml)[k]), g = seq_along(k) > 9))
out$slopes <- list(unit = levels(sl$Subject), slope = unname(coef(ml)[k]), se = unname(sqrt(sv)), sigma = summary(ml)$sigma, df = ml$df.residual,
                   tau2 = rs$tau2, mean = rs$b[1], mean_se = rs$se, blup = bl$pred, blup_se = bl$se, difference = unname(coef(hs)[2]), difference_se = sqrt(vcovHC(hs, "HC3")[2, 2]))
cat(toJSON(out, digits = 15, auto_unbox = TRUE, na = "null"))

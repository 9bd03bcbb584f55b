# Further R results for the psychometric tests. Run in tests/reference: Rscript extra/psychometrics.R
suppressMessages({library(psych); library(lavaan); library(jsonlite)})
rd <- function(f) utils::read.csv(file.path("data", f))
out <- list()

# polycor::polyserial(ML = TRUE) stops short of the maximum (Nelder-Mead, default tolerance); the same likelihood by BFGS
d <- na.omit(rd("sat_act.csv")[, c("ACT", "education", "SATQ")]); x <- d$ACT; y <- as.numeric(as.factor(d$education))
z <- scale(x)[, 1]
nll <- function(p) { cts <- c(-Inf, p[-1], Inf); if (any(diff(cts) < 0)) return(1e10); s <- sqrt(1 - p[1]^2)
  -sum(log(dnorm(z) * (pnorm((cts[y + 1] - p[1] * z) / s) - pnorm((cts[y] - p[1] * z) / s)))) }
p0 <- polycor::polyserial(x, d$education, ML = TRUE)
start <- c(.1739, qnorm(cumsum(table(y))[-length(table(y))] / length(y)))
o <- optim(start, nll, method = "BFGS", control = list(reltol = 1e-16, maxit = 5000, ndeps = rep(1e-6, length(start))), hessian = TRUE)
out$polyserial_ml <- list(rho = o$par[1], thresholds = unname(o$par[-1]), nll = o$value, se = sqrt(solve(o$hessian)[1, 1]))

# alpha with missing answers, pairwise covariances
X <- rd("bfi.csv")[, paste0("E", 1:5)]; a <- suppressWarnings(psych::alpha(X, keys = c("E1", "E2"), warnings = FALSE))
out$alpha_pairwise <- list(total = as.list(a$total), r_drop = a$item.stats$r.drop, std_r = a$item.stats$std.r, n = a$item.stats$n)

# polychoric alpha and omega of an ordinal scale
N <- na.omit(rd("bfi.csv")[, paste0("N", 1:5)]); P <- matrix(as.numeric(lavCor(N, ordered = names(N))), 5)
out$ordinal_alpha <- list(alpha = unname(psych::alpha(P, n.obs = nrow(N))$total$raw_alpha))

# ICC with ties of raters on other data, 90 % interval
A <- rd("attitude.csv")[, c("rating", "complaints", "raises")]; i <- psych::ICC(A, lmer = FALSE, alpha = .1)
out$icc <- list(icc = i$results$ICC, F = i$results$F, df1 = i$results$df1, df2 = i$results$df2, p = i$results$p, low = i$results[["lower bound"]], high = i$results[["upper bound"]])

# asymptotic covariance of thresholds and polychoric correlations
B <- na.omit(rd("bfi.csv")[, paste0("O", 1:5)]); f <- cfa("f =~ O1 + O2 + O3 + O4 + O5", B, ordered = names(B)); G <- lavInspect(f, "gamma")
out$gamma <- list(diagonal = unname(diag(G)), first_rows = unname(G[c(1, 26, 35), ]))

# splits of seven items: psych counts out half of them and divides by the half-integer
s <- suppressWarnings(psych::splitHalf(rd("attitude.csv"), brute = TRUE)); out$split7 <- s[c("maxrb", "minrb", "meanr")]

# Spearman and mixed correlations
out$spearman <- unname(cor(rd("bfi.csv")[, paste0("C", 1:5)], method = "spearman", use = "pairwise"))

# Tables that the cases do not hold, with the helper functions that the cases carry in their JSON
use <- function(case) { h <- fromJSON(file.path("cases", paste0(case, ".json")))$helper_functions; for (n in names(h)) if (n != "rd") assign(n, eval(parse(text = h[[n]])), globalenv()) }
use("r02_polychor_pairs_ML_public"); use("r01_omega1_attitude"); bfi <- rd("bfi.csv"); set.seed(1); f <- rnorm(150)
steep <- sapply(1:2, function(i) cut(f + rnorm(150, sd = .25), c(-Inf, -1, -.2, .5, 1.2, Inf), labels = FALSE))
tables <- list(N1_N2 = table(bfi$N1, bfi$N2), A1_A2_n138 = table(rd("bfi_n138.csv")$A1, rd("bfi_n138.csv")$A2), ability = table(rd("ability.csv")[, 1], rd("ability.csv")[, 2]),
  steep = table(steep[, 1], steep[, 2]), rating_contact = table(rd("wine.csv")$rating, rd("wine.csv")$contact))
out$tables <- lapply(tables, function(t) { t <- matrix(as.numeric(t), nrow(t)); list(table = t, two_step = pchor2(t)$rho, ml = pchorML(t)[c("rho", "loglik")], se = pchorML(t)$se_rho_expected_from_numeric_hessian) })
M <- as.matrix(rd("bfi.csv")[1:300, 1:6]); M[cbind(rep(1:60 * 5, 2), rep(1:6, 20))] <- NA; M <- as.data.frame(M)
out$missing_lavcor <- matrix(as.numeric(lavCor(M, ordered = names(M), missing = "pairwise")), 6)

# omega by psych for other items: unkeyed areas (psych reverses), four factors, two factors
B <- na.omit(bfi[, 1:25]); A <- na.omit(rd("ability.csv")); hs <- rd("hs1939.csv")[, paste0("x", 1:9)]
om <- function(X, k) { o <- suppressMessages(suppressWarnings(psych::omega(cor(X), k, n.obs = nrow(X), plot = FALSE))); list(omega_h = o$omega_h, omega_total = o$omega.tot, limit = unname(o$omega.lim)) }
out$omega <- list(bfi5 = om(B, 5), ability3 = om(A, 3), ability4 = om(A, 4), hs2 = om(hs, 2))
om1 <- function(X) omega1(X)[c("omega_model_implied_denominator", "omega_observed_variance_denominator", "omega_minres_std")]
out$omega1 <- list(E = om1(na.omit(bfi[, paste0("E", 1:5)])), ability = om1(A), hs = om1(hs))

writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "extra/psychometrics.json")

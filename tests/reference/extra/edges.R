# Edges that the public cases leave out: separation, one large cluster, few clusters, a level without spread, ties.
# Run from tests/reference: Rscript extra/edges.R
suppressPackageStartupMessages({library(jsonlite); library(clubSandwich)})
rd <- function(f, ...) read.csv(file.path("data", paste0(f, ".csv")), ...)
u <- function(v) unname(as.vector(v)); R <- list()

# Profile limits of a separated logistic fit. glm and confint break down there, so the constrained maximum is found by optim.
d <- rd("mtcars"); X <- cbind(1, d$wt, d$qsec)
constrained <- function(j, v) {
  loss <- function(b) { e <- X[, -j, drop = FALSE] %*% b + v * X[, j]; -2 * sum(plogis(ifelse(d$am == 1, e, -e), log.p = TRUE)) }
  starts <- list(c(0, 0), v * solve(crossprod(X[, -j]), -crossprod(X[, -j], X[, j])))
  min(sapply(starts, function(s) { o <- optim(s, loss, control = list(maxit = 5000, reltol = 1e-15)); for (k in 1:3) o <- optim(o$par, loss, method = "BFGS", control = list(maxit = 5000, reltol = 1e-16)); o$value }))
}
limit <- function(j, range) uniroot(function(v) constrained(j, v) - qchisq(.95, 1), range, tol = 1e-9)$root
R$separated <- list(finite = c(limit(1, c(10, 300)), limit(2, c(-30, -1)), limit(3, c(-20, -.5))))

# Clustered errors: sixty rows in one cluster and all others alone, weights, a factor; three clusters
p <- rd("prestige", na.strings = c("", "NA")); p$one <- ifelse(seq_len(nrow(p)) <= 60, 1, seq_len(nrow(p))); p$w <- 1 + (seq_len(nrow(p)) %% 5) / 2
m <- lm(prestige ~ income + type + women, p, weights = w); used <- !is.na(p$type); V <- vcovCR(m, p$one[used], "CR2"); t <- coef_test(m, V, test = "Satterthwaite"); w <- Wald_test(m, constrain_zero(3:4), V, test = "HTZ")
R$large_cluster <- list(estimate = u(coef(m)), std_error = u(t$SE), df = u(t$df_Satt), p_value = u(t$p_Satt), htz = c(w$Fstat, w$df_num, w$df_denom, w$p_val))
d$eight <- as.integer(d$carb == 8); m <- lm(mpg ~ wt + eight, d); t <- coef_test(m, vcovCR(m, d$cyl, "CR2"), test = "Satterthwaite")
R$three_clusters <- list(std_error = u(t$SE), df = u(t$df_Satt))

# Ordinal: gear is never 3 with a manual gearbox, so that the effect of am runs to infinity; its lower limit is finite
d$gears <- factor(d$gear, ordered = TRUE); tight <- ordinal::clm.control(gradTol = 1e-11, maxIter = 300)
height <- function(f, o = 0) { d$o <- o; as.numeric(logLik(suppressWarnings(ordinal::clm(f, data = d, control = tight)))) }
top <- height(gears ~ am); root <- function(range) uniroot(function(v) 2 * (top - height(gears ~ offset(o), v * d$am)) - qchisq(.95, 1), range, tol = 1e-10)$root
R$separated_ordinal <- list(log_likelihood = top, am_low = root(c(1, 8)))

# Wilson's limits of nothing and of everything
R$wilson <- mapply(function(x, n) suppressWarnings(prop.test(x, n, conf.level = .99, correct = FALSE)$conf.int[1:2]), c(0, 0, 33, 4), c(4, 17, 33, 4), SIMPLIFY = FALSE)

writeLines(toJSON(R, auto_unbox = TRUE, digits = 15, na = "null", pretty = TRUE), "extra/edges.json")

# Further numbers for logistic regression and predicted risks. Run in this folder: Rscript prediction.R > prediction.json
# R 4.2.2, loess with its default (interpolated) surface on risks with many ties; glm with profile limits where the
# model without a term must run far from the fit; mtcars is in R.
library(jsonlite)
smooth <- function(n, k, seed) { set.seed(seed); x <- round(plogis(rnorm(n, -2, 1.5)) * k) / k; y <- rbinom(n, 1, x)
  list(risk = x, event = y, fitted = unname(fitted(loess(y ~ x, span = .75, degree = 2)))) }
m <- glm(am ~ wt + hp, binomial, mtcars, control = glm.control(epsilon = 1e-14, maxit = 100))
without <- function(f) { o <- glm(f, binomial, mtcars, control = glm.control(epsilon = 1e-14, maxit = 100)); deviance(o) - deviance(m) }
out <- list(loess = list(smooth(25, 200, 1), smooth(77, 40, 2), smooth(200, 40, 3), smooth(600, 1e6, 4)),
  mtcars = list(lr = c(without(am ~ 0 + wt + hp), without(am ~ hp), without(am ~ wt)), profile = unname(suppressMessages(confint(m)))))
cat(toJSON(out, digits = NA, auto_unbox = TRUE))

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
nodal <- read.csv("../data/nodal.csv"); nodal$w <- rep(1:3, length.out = nrow(nodal)); nodal$off <- seq(-.5, .5, length.out = nrow(nodal))
beps <- read.csv("../data/beps.csv"); beps$labour <- as.integer(beps$vote == "Labour")
reduced <- function(f, d, type, times = rep(1, nrow(d)), shift = rep(0, nrow(d))) { environment(f) <- environment(); m <- glm(f, binomial, d, weights = times, offset = shift, method = brglm2::brglmFit, type = type, epsilon = 1e-12, maxit = 5000); list(coef = unname(coef(m)), se = unname(sqrt(diag(vcov(m))))) }
f <- r ~ stage + xray + acid
out$firth <- list(offset = reduced(f, nodal, "AS_mean", shift = nodal$off), weights = reduced(f, nodal, "AS_mean", times = nodal$w),
  both = reduced(f, nodal, "AS_mean", times = nodal$w, shift = nodal$off), factor = reduced(labour ~ age + Blair + gender, beps, "AS_mean"))
out$median <- list(weights = reduced(f, nodal, "AS_median", times = nodal$w), factor = reduced(labour ~ age + Blair + gender, beps, "AS_median"))
# One half of the practices predicts the other: risks that were not fitted where they are judged.
half <- seq_len(nrow(beps)) %% 2 == 1; g <- glm(labour ~ age + Blair + Hague, binomial, beps[half, ], control = glm.control(epsilon = 1e-14))
p <- unname(predict(g, beps[!half, ], type = "response")); y <- beps$labour[!half]; q <- pROC::roc(y, p, quiet = TRUE, direction = "<"); v <- rms::val.prob(p, y, pl = FALSE)
out$external <- list(risk = p, event = y, ci = as.numeric(pROC::ci.auc(q)), youden = unname(unlist(pROC::coords(q, "best", best.method = "youden")[1, ])), val_prob = as.list(unclass(v)))
cat(toJSON(out, digits = NA, auto_unbox = TRUE))

# Times of the R peers of benchmarks/firth.py. Arguments: CSV of tasks, CSV to write. Package loading is not counted.
a <- commandArgs(TRUE); tasks <- utils::read.csv(a[1]); have <- requireNamespace("logistf", quietly = TRUE); suppressMessages(library(brglm2))
state <- function(X, y, b) { p <- plogis(drop(X %*% b)); W <- p * (1 - p); I <- crossprod(X, X * W); R <- chol(I); h <- W * colSums(backsolve(R, t(X), transpose = TRUE)^2)
  list(v = sum(log(ifelse(y == 1, p, 1 - p))) + sum(log(diag(R))), u = drop(crossprod(X, y - p + h * (.5 - p))), I = I) }
limit <- function(X, y, b, V, j, side, goal) { b <- b + side * sqrt(qchisq(.95, 1)) * V[, j] / sqrt(V[j, j])
  for (k in 1:100) { s <- state(X, y, b); J <- -s$I; r <- -s$u; J[j, ] <- s$u; r[j] <- goal - s$v; d <- solve(J, r); if (max(abs(d)) > .5) d <- d * .5 / max(abs(d)); b <- b + d; if (max(abs(d)) < 1e-8) break }; b[j] }
without <- function(X, y, b, j) { b[j] <- 0; for (k in 1:100) { s <- state(X, y, b); d <- solve(s$I[-j, -j], s$u[-j]); if (max(abs(d)) > .5) d <- d * .5 / max(abs(d)); b[-j] <- b[-j] + d; if (max(abs(d)) < 1e-7) break }; s$v }
loop <- function(d, f) { m <- glm(f, binomial, d, method = brglm2::brglmFit, type = "AS_mean", epsilon = 1e-9); X <- model.matrix(m); y <- m$y; b <- coef(m); V <- vcov(m); s <- state(X, y, b); goal <- s$v - qchisq(.95, 1) / 2
  sapply(seq_along(b), function(j) c(limit(X, y, b, V, j, -1, goal), limit(X, y, b, V, j, 1, goal), 2 * (s$v - without(X, y, b, j)))) }
cat(if (have) "peer: logistf\n" else "peer: brglm2 and a profiling loop\n")
tasks$seconds <- mapply(function(csv, k) { d <- utils::read.csv(csv); f <- reformulate(setdiff(names(d), c("y", "event")), "event")
  median(replicate(k, { t <- proc.time()[["elapsed"]]; if (have) logistf::logistf(f, d) else loop(d, f); proc.time()[["elapsed"]] - t })) }, tasks$csv, tasks$repetitions)
utils::write.csv(tasks, a[2], row.names = FALSE)

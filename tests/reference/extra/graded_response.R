# A graded response model by another hand: Gauss-Hermite nodes, optim and a differenced Hessian in base R.
# Run from tests/reference: Rscript extra/graded_response.R
suppressPackageStartupMessages(library(jsonlite))
hermite <- function(n) { i <- seq_len(n - 1); J <- matrix(0, n, n); J[cbind(i, i + 1)] <- J[cbind(i + 1, i)] <- sqrt(i); e <- eigen(J, symmetric = TRUE); list(x = e$values, w = e$vectors[1, ]^2) }
h <- hermite(81)
fit <- function(X) { X <- as.matrix(X); K <- apply(X, 2, max, na.rm = TRUE); p <- ncol(X); at <- split(seq_len(sum(K)), rep(seq_len(p), K))
  prob <- function(v) { z <- outer(h$x * v[1], v[-1], "+"); P <- cbind(1, plogis(z), 0); P[, -ncol(P), drop = FALSE] - P[, -1, drop = FALSE] }
  like <- function(v) { L <- matrix(0, nrow(X), length(h$x)); for (j in seq_len(p)) { lp <- log(pmax(t(prob(v[at[[j]]])), 1e-300)); k <- !is.na(X[, j]); L[k, ] <- L[k, ] + lp[X[k, j], ] }; list(L = L, m = exp(L) %*% h$w) }
  nll <- function(v) -sum(log(like(v)$m))
  start <- unlist(lapply(seq_len(p), function(j) { x <- X[!is.na(X[, j]), j]; up <- sapply(2:K[j], function(k) mean(x >= k)); c(sign(cor(X[, j], rowSums(X[, -j], na.rm = TRUE), use = "complete.obs")), qlogis(up)) }))
  o <- optim(start, nll, method = "BFGS", control = list(reltol = 1e-16, maxit = 2000))
  g <- function(v) sapply(seq_along(v), function(i) { e <- replace(numeric(length(v)), i, 1e-4); (8 * (nll(v + e) - nll(v - e)) - (nll(v + 2 * e) - nll(v - 2 * e))) / 12e-4 })
  H <- sapply(seq_along(o$par), function(i) { e <- replace(numeric(length(o$par)), i, 1e-3); (g(o$par + e) - g(o$par - e)) / 2e-3 }); H <- (H + t(H)) / 2; v <- o$par - solve(H, g(o$par))
  q <- like(v); W <- sweep(exp(q$L) * rep(h$w, each = nrow(X)), 1, q$m, "/"); m <- W %*% h$x
  list(parameters = v, se = sqrt(diag(solve(H))), loglik = -nll(v), eap = drop(m)[1:40], psd = sqrt(drop(W %*% h$x^2) - drop(m)^2)[1:40]) }
bfi <- read.csv("data/bfi.csv")
E <- bfi[apply(!is.na(bfi[, paste0("E", 1:4)]), 1, any), paste0("E", 1:4)][1:600, ]
R <- list(agree = fit(na.omit(bfi[, paste0("A", 1:5)])[1:500, ]), extraversion_with_holes = fit(E))
writeLines(toJSON(list(made_by = list(R = as.character(getRversion())), results = R), auto_unbox = TRUE, digits = 12), "extra/graded_response.json")

# Peers of benchmarks/importance.py: all subsets by brute force, and bootstraps of lm with importance.
# Rscript benchmarks/importance.R <folder with p<k>.csv and boot.csv> <resamples>; prints name and seconds.
suppressPackageStartupMessages(library(boot))
arguments <- commandArgs(TRUE)
lmg <- function(d, y, xs) {
  r <- cor(d[, c(y, xs)]); p <- length(xs); bit <- 2^(0:(p - 1)); r2 <- numeric(2^p)
  for (s in 1:(2^p - 1)) { i <- xs[bitwAnd(s, bit) > 0]; r2[s + 1] <- sum(r[i, y] * solve(r[i, i, drop = FALSE], r[i, y])) }
  size <- colSums(outer(bit, 0:(2^p - 1), function(b, s) bitwAnd(s, b) > 0))
  share <- sapply(seq_len(p), function(j) {
    without <- which(bitwAnd(0:(2^p - 1), bit[j]) == 0)
    mean(tapply(r2[without + bit[j]] - r2[without], size[without], mean))
  })
  setNames(share, xs)
}
clock <- function(name, expression) cat(name, system.time(expression)[["elapsed"]], "\n")
for (p in c(10, 12, 15)) {
  d <- read.csv(file.path(arguments[1], sprintf("p%d.csv", p)))
  clock(sprintf("subsets_%d", p), found <- lmg(d, "y", setdiff(names(d), "y")))
  write.csv(data.frame(lmg = found), file.path(arguments[1], sprintf("lmg_%d.csv", p)))
}
d <- read.csv(file.path(arguments[1], "boot.csv")); xs <- setdiff(names(d), "y")
statistic <- function(d, i) { b <- d[i, ]; c(coef(lm(y ~ ., b)), lmg(b, "y", xs)) }
clock("boot", boot(d, statistic, as.integer(arguments[2])))

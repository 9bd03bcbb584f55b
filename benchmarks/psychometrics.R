# Timings of the R peers. Arguments: folder with the CSV files, file with one task a line (name, kind, csv, iterations),
# output CSV. Package loading is not counted; each time is the median of the repetitions asked for.
suppressMessages({library(psych); library(lavaan)})
arguments <- commandArgs(TRUE)
tasks <- utils::read.csv(arguments[1])
quiet <- function(e) suppressWarnings(suppressMessages(utils::capture.output(e)))
run <- list(
  "psych::polychoric" = function(x, b) quiet(polychoric(x)),
  "lavaan::lavCor" = function(x, b) quiet(lavCor(x, ordered = names(x))),
  "psych::fa.parallel" = function(x, b) quiet(fa.parallel(x, n.iter = b, plot = FALSE, fa = "both")),
  "psych::fa.parallel poly" = function(x, b) quiet(fa.parallel(x, n.iter = b, plot = FALSE, fa = "both", cor = "poly")),
  "psych::alpha" = function(x, b) quiet(alpha(x)),
  "psych::omega" = function(x, b) quiet(omega(x, 3, plot = FALSE)),
  "psych::fa minres 5" = function(x, b) quiet(fa(x, 5)))
tasks$seconds <- mapply(function(peer, csv, b, repetitions) {
  x <- utils::read.csv(csv)
  times <- replicate(repetitions, { t <- proc.time()[["elapsed"]]; run[[peer]](x, b); proc.time()[["elapsed"]] - t })
  stats::median(times)
}, tasks$peer, tasks$csv, tasks$iterations, tasks$repetitions)
utils::write.csv(tasks, arguments[2], row.names = FALSE)

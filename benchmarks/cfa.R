# Timings of lavaan for cfa.py. Arguments: file of tasks (name, csv, repetitions), output CSV. Loading is not counted.
suppressMessages(library(lavaan))
arguments <- commandArgs(TRUE)
tasks <- utils::read.csv(arguments[1])
bfi <- paste(sapply(c("A", "C", "E", "N", "O"), function(f) paste(f, "=~", paste0(f, 1:5, collapse = " + "))), collapse = "\n")
hs <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
ordinal <- function(d) fitMeasures(cfa(bfi, d, ordered = names(d), std.lv = TRUE, estimator = "WLSMV"))
run <- list(
  "ordinal, 25 items" = ordinal,
  "ordinal, 25 items, n = 138" = ordinal,
  "likelihood, 25 items" = function(d) fitMeasures(cfa(bfi, d)),
  "robust likelihood, 25 items" = function(d) fitMeasures(cfa(bfi, d, estimator = "MLR")),
  "full information, 25 items" = function(d) fitMeasures(cfa(bfi, d, missing = "fiml")),
  "likelihood, 9 items" = function(d) fitMeasures(cfa(hs, d)),
  "invariance, 4 levels" = function(d) for (q in list(NULL, "loadings", c("loadings", "intercepts"), c("loadings", "intercepts", "residuals")))
    fitMeasures(if (is.null(q)) cfa(hs, d, group = "school") else cfa(hs, d, group = "school", group.equal = q)))
tasks$seconds <- mapply(function(name, csv, repetitions) {
  d <- utils::read.csv(csv)
  suppressWarnings(run[[name]](d))
  stats::median(replicate(repetitions, { t <- proc.time()[["elapsed"]]; suppressWarnings(run[[name]](d)); proc.time()[["elapsed"]] - t }))
}, tasks$name, tasks$csv, tasks$repetitions)
utils::write.csv(tasks, arguments[2], row.names = FALSE)

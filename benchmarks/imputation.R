# Times of mice for benchmarks/imputation.py. Arguments: CSV of tasks, CSV to write. Package loading is not counted.
a <- commandArgs(TRUE); tasks <- utils::read.csv(a[1]); suppressMessages(library(mice))
tasks$seconds <- mapply(function(csv, k) { d <- utils::read.csv(csv)
  median(replicate(k, { t <- proc.time()[["elapsed"]]; mice(d, m = 20, maxit = 5, method = "pmm", printFlag = FALSE, seed = 1); proc.time()[["elapsed"]] - t })) }, tasks$csv, tasks$repetitions)
utils::write.csv(tasks, a[2], row.names = FALSE)

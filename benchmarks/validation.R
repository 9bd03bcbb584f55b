# Times of the R peers of benchmarks/validation.py. Arguments: CSV of tasks, CSV to write. Package loading is not counted.
suppressPackageStartupMessages(library(rms)); a <- commandArgs(TRUE); tasks <- utils::read.csv(a[1])
tasks$seconds <- mapply(function(csv, k) { d <- utils::read.csv(csv); f <- reformulate(setdiff(names(d), c("y", "event")), "event")
  median(replicate(k, { t <- proc.time()[["elapsed"]]; m <- lrm(f, data = d, x = TRUE, y = TRUE); utils::capture.output(validate(m, B = 500)); proc.time()[["elapsed"]] - t })) }, tasks$csv, tasks$repetitions)
utils::write.csv(tasks, a[2], row.names = FALSE)

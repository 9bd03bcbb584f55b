# Times of the R peers of benchmarks/ordinal.py. Arguments: CSV of tasks, CSV to write. Package loading is not counted.
suppressMessages(library(ordinal)); a <- commandArgs(TRUE); tasks <- utils::read.csv(a[1])
run <- list(
  "clm" = function(d, f) eval(bquote(clm(.(f), data = d)), globalenv()),
  "clm + profile" = function(d, f) { m <- eval(bquote(clm(.(f), data = d)), globalenv()); confint(m, type = "profile") },
  "clm + nominal_test" = function(d, f) { m <- eval(bquote(clm(.(f), data = d)), globalenv()); nominal_test(m) })
# nominal_test evaluates the call of the fit again: data and formula must be found from the global environment.
tasks$seconds <- mapply(function(name, csv, k) { d <<- utils::read.csv(csv); d$y <<- factor(d$y, ordered = TRUE); f <- reformulate(grep("^x", names(d), value = TRUE), "y"); environment(f) <- globalenv()
  median(replicate(k, { t <- proc.time()[["elapsed"]]; suppressWarnings(run[[name]](d, f)); proc.time()[["elapsed"]] - t })) }, tasks$name, tasks$csv, tasks$repetitions)
utils::write.csv(tasks, a[2], row.names = FALSE)

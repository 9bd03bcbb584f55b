# Nested shrinkage of units in groups by metafor::rma.mv (REML), for tests/unit of benchmark.
suppressMessages(library(metafor)); library(jsonlite)
d <- read.csv("tests/reference/data/gen_funnel138.csv")
d$yi <- log((d$x + .5)/(d$n - d$x + .5)); d$vi <- 1/(d$x+.5) + 1/(d$n-d$x+.5)
d$g <- (seq_len(nrow(d)) - 1) %% 9; d$yi <- d$yi + c(-.4,.1,.5,0,-.2,.3,.2,-.5,.05)[d$g + 1]
d$id <- seq_len(nrow(d))
m <- rma.mv(yi, vi, random = list(~1|g, ~1|id), data = d, control = list(rel.tol = 1e-14, iter.max=5000, eval.max=5000))
r <- ranef(m)
cat(toJSON(list(omega2 = m$sigma2[1], tau2 = m$sigma2[2], mean = m$b[1], mean_std_error = m$se,
  group = r$g$intrcpt, shrunken = r$id$intrcpt + r$g$intrcpt[match(d$g, sort(unique(d$g)))] + m$b[1]), digits = 15, auto_unbox = TRUE))

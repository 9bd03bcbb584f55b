# Further lavaan fits beside the public cases: options that those leave out. Run from tests/reference: Rscript extra/cfa.R
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
hs <- read.csv("data/hs1939.csv"); bfi <- read.csv("data/bfi.csv"); small <- read.csv("data/bfi_n138.csv"); ability <- read.csv("data/ability.csv")
hsm <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
acm <- "A =~ A1 + A2 + A3\n C =~ C1 + C2 + C3"; aci <- c("A1", "A2", "A3", "C1", "C2", "C3")
grouped <- na.omit(bfi[, c(aci, "gender")]); grouped$gender <- ifelse(grouped$gender == 1, "men", "women")
out <- function(f) { e <- parameterEstimates(f, standardized = TRUE); m <- fitMeasures(f)
  list(fit = as.list(m[is.finite(m)]), estimates = as.list(e[, intersect(c("lhs", "op", "rhs", "group", "est", "se", "std.lv", "std.all"), names(e))])) }
mi <- function(f) { m <- modindices(f); m <- m[order(-m$mi), ]; as.list(head(m[, intersect(c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv", "sepc.all"), names(m))], 12)) }
# lavaan's default optimiser stops up to 1e-5 before the optimum; BFGS with a tight rule ends where the gradient is 1e-8
fit <- function(..., ordered = NULL) if (is.null(ordered)) cfa(..., optim.method = "BFGS", control = list(reltol = 1e-16, maxit = 10000)) else cfa(..., ordered = ordered)
R <- list()
R$configural_tight <- out(fit(hsm, hs, group = "school"))
R$fiml_mlr <- out(fit("A =~ A2 + A1 + A3 + A4 + A5\n C =~ C1 + C2 + C3 + C4 + C5", bfi, missing = "fiml", estimator = "MLR"))
f <- fit(hsm, hs, group = "school", group.equal = c("loadings", "intercepts"), estimator = "MLR"); R$scalar_mlr <- out(f)
R$mlm <- out(fit(hsm, hs, estimator = "MLM")); R$mlmv <- out(fit(hsm, hs, estimator = "MLMV"))
R$mlm_groups <- out(fit(hsm, hs, group = "school", estimator = "MLM"))
R$orthogonal <- out(fit(hsm, hs, orthogonal = TRUE))
R$residual_covariance <- out(fit(paste(hsm, "\n x7 ~~ x8"), hs, std.lv = TRUE))
R$cross_loading <- out(fit("visual =~ x1 + x2 + x3 + x9\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9", hs))
R$means <- out(fit(hsm, hs, meanstructure = TRUE))
R$metric_std_lv <- out(fit(hsm, hs, group = "school", group.equal = "loadings", std.lv = TRUE))
f <- fit(hsm, hs, group = "school", group.equal = c("loadings", "intercepts"), group.partial = c("x3 ~1", "x7 ~1")); R$partial_scalar <- out(f)
g <- fit(hsm, hs, group = "school"); R$groups_mi <- mi(g)
R$groups_scores <- { s <- lavPredict(f); lapply(s, function(z) unname(z[1:5, ])) }
R$mlr_lrt <- { eq <- list(character(), "loadings", c("loadings", "intercepts"), c("loadings", "intercepts", "residuals")); fs <- lapply(eq, function(q) if (length(q)) fit(hsm, hs, group = "school", group.equal = q, estimator = "MLR") else fit(hsm, hs, group = "school", estimator = "MLR")); as.list(as.data.frame(lavTestLRT(fs[[1]], fs[[2]], fs[[3]], fs[[4]]))) }
f <- fit("A =~ A2 + A1 + A3 + A4 + A5\n C =~ C1 + C2 + C3 + C4 + C5", bfi, missing = "fiml"); R$fiml_mi <- mi(f); R$fiml_scores <- unname(lavPredict(f)[1:40, ]); R$fiml_bartlett <- unname(lavPredict(f, method = "Bartlett")[1:40, ])
R$fiml_groups <- out(fit(acm, transform(bfi[!is.na(bfi$gender), ], gender = ifelse(gender == 1, "men", "women")), group = "gender", missing = "fiml", estimator = "MLR", group.equal = "loadings"))
o <- fit(acm, grouped, ordered = aci, estimator = "WLSMV"); R$ordinal_marker <- out(o); R$ordinal_mi <- mi(o); R$ordinal_scores <- unname(lavPredict(o)[1:40, ])
R$wlsm <- out(fit(acm, grouped, ordered = aci, estimator = "WLSM")); R$wlsmvs <- out(fit(acm, grouped, ordered = aci, estimator = "WLSMVS"))
R$ordinal_residual <- out(fit(paste(acm, "\n A1 ~~ C3"), grouped, ordered = aci, estimator = "WLSMV", std.lv = TRUE))
oc <- fit(acm, grouped, ordered = aci, estimator = "WLSMV", group = "gender"); R$ordinal_groups <- out(oc)
ot <- fit(acm, grouped, ordered = aci, estimator = "WLSMV", group = "gender", group.equal = "thresholds"); R$ordinal_thresholds <- out(ot)
ol <- fit(acm, grouped, ordered = aci, estimator = "WLSMV", group = "gender", group.equal = c("thresholds", "loadings")); R$ordinal_loadings <- out(ol)
R$ordinal_lrt <- as.list(as.data.frame(lavTestLRT(oc, ot, ol)))
R$ordinal_small <- out(fit("A =~ A1 + A2 + A3 + A4 + A5\n N =~ N1 + N2 + N3 + N4 + N5", small, ordered = c(paste0("A", 1:5), paste0("N", 1:5)), estimator = "WLSMV"))
b <- na.omit(ability[, 1:8]); R$binary <- out(fit(paste("reason =~", paste(names(b)[1:4], collapse = "+"), "\n letter =~", paste(names(b)[5:8], collapse = "+")), b, ordered = names(b), estimator = "WLSMV", std.lv = TRUE))
writeLines(toJSON(list(made_by = list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan"))), results = R), auto_unbox = TRUE, digits = 15, na = "null"), "extra/cfa.json")

# The national model again in R alone, from the publishers' files: Rscript national_model.R DIR > national_model.json
suppressPackageStartupMessages({library(openxlsx); library(jsonlite)})
dir <- commandArgs(TRUE)[1]
read <- function(f, ...) read.csv(file.path(dir, f), check.names = FALSE, fileEncoding = "UTF-8-BOM", colClasses = "character")
num <- function(x) suppressWarnings(as.numeric(gsub(",", "", x)))
cqc <- read.xlsx(file.path(dir, "cqc/HSCA_Active_Locations_primary_medical_2026-01.xlsx"), sep.names = " ")
cqc$code <- trimws(cqc[["Location ODS Code"]])
cqc <- cqc[cqc[["Location Primary Inspection Category"]] == "GP Practices" & grepl("^[A-HJ-NPVWY][0-9]{5}$", cqc$code), ]
day <- cqc[["Publication Date"]]
cqc$day <- if (is.numeric(day)) as.Date(day, origin = "1899-12-30") else as.Date(day, tryFormats = c("%d/%m/%Y", "%Y-%m-%d"))
cqc$rating <- trimws(cqc[["Location Latest Overall Rating"]])
cqc <- cqc[cqc$rating %in% c("Outstanding", "Good", "Requires improvement", "Inadequate") & !is.na(cqc$day), ]
cqc <- cqc[cqc$day >= as.Date("2023-01-01") & cqc$day <= as.Date("2026-01-01"), ]
pay <- read("payments/nhspaymentsgp-22-23.csv")
names(pay) <- trimws(names(pay))
col <- function(d, pattern) d[[grep(pattern, names(d), ignore.case = TRUE)[1]]]
P <- data.frame(code = pay[["Practice Code"]], list = num(col(pay, "^Number of Registered Patients")),
  weighted = num(col(pay, "^Number of Weighted Patients")), rural = col(pay, "rural"),
  total = num(pay[["Total NHS Payments to General Practice"]]), drugs = num(col(pay, "reimbursement of drugs")),
  presc = num(col(pay, "^prescribing fee")), disp = num(col(pay, "^dispensing fee")), prem = num(col(pay, "^premises")))
zero <- function(x) ifelse(is.na(x), 0, x)
P$pay <- with(P, (total - zero(drugs) - zero(presc) - zero(disp) - zero(prem)) / ifelse(weighted > 0, weighted, NA))
wf <- read("workforce/practice_level_2022-23.csv")
W <- data.frame(code = wf$PRAC_CODE, patients = num(wf$TOTAL_PATIENTS), fte = num(wf$TOTAL_GP_EXTGL_FTE), heads = num(wf$TOTAL_GP_EXTGL_HC))
imd <- read("deprivation/fingertips_93553_imd2019_gp.csv")
I <- data.frame(code = imd[["Area Code"]], imd = num(imd$Value))
I <- I[!duplicated(I$code) & grepl("^[A-HJ-NPVWY][0-9]{5}$", I$code), ]
d <- merge(cqc[c("code", "day", "rating")], P, all.x = FALSE)
d <- merge(merge(d, W, all.x = TRUE), I, all.x = TRUE)
d$y <- as.integer(d$rating %in% c("Inadequate", "Requires improvement"))
served <- ifelse(!is.na(d$patients) & d$patients > 0, d$patients, d$list)
d$log_list_size <- log(ifelse(d$list > 0, d$list, NA)); d$imd_score <- d$imd
d$gp_fte_per_1000 <- 1000 * d$fte / served
d$single_handed <- ifelse(is.na(d$heads) | d$heads == 0, NA, as.numeric(d$heads == 1))
d$rural <- as.numeric(trimws(d$rural) == "Rural"); d$payments_per_weighted_patient <- d$pay
for (v in c("log_list_size", "imd_score", "gp_fte_per_1000", "payments_per_weighted_patient")) {
  q <- quantile(d[[v]], c(0.01, 0.99), na.rm = TRUE); d[[v]] <- pmin(pmax(d[[v]], q[1]), q[2])
}
d$years <- as.numeric(d$day - as.Date("2026-01-01")) / 365.25
d$era2 <- as.numeric(d$day >= as.Date("2023-11-01") & d$day < as.Date("2024-12-01"))
d$era3 <- as.numeric(d$day >= as.Date("2024-12-01"))
fit <- glm(y ~ log_list_size + imd_score + gp_fte_per_1000 + single_handed + rural + payments_per_weighted_patient + years + era2 + era3,
  data = d, family = binomial, control = list(epsilon = 1e-12))
auc <- suppressMessages(pROC::ci.auc(pROC::roc(fit$y, fitted(fit), quiet = TRUE)))
cat(toJSON(list(n = nobs(fit), events = sum(fit$y), estimate = unname(coef(fit)), std_error = unname(sqrt(diag(vcov(fit)))),
  c_low = auc[1], c = auc[2], c_high = auc[3], r = R.version.string), digits = 12, auto_unbox = TRUE))

# Times R metafor for stats.py: Rscript benchmarks/stats_metafor.R FOLDER
# The last line printed is JSON: CPU seconds (user and system) per row, and what was found.

suppressMessages(library(metafor))
folder <- commandArgs(trailingOnly = TRUE)[1]
read <- function(name) as.matrix(read.csv(file.path(folder, paste0(name, ".csv")), header = FALSE))

least <- function(work, times = 1, rounds = 3) {
  work()
  min(sapply(seq_len(rounds), function(i) {
    begun <- proc.time()
    for (j in seq_len(times)) work()
    sum((proc.time() - begun)[1:2]) / times
  }))
}
once <- function(work) {
  begun <- proc.time()
  work()
  sum((proc.time() - begun)[1:2])
}

one <- read("one"); many <- read("many"); large <- read("large")
yi <- one[, 1]; vi <- one[, 2]; x <- one[, 3]
fit <- function(y, v) rma(y, v, method = "REML", test = "knha")
whole <- rma(yi, vi, method = "REML")
regression <- rma(yi, vi, mods = ~ x, method = "REML")
some <- lapply(1:100, function(i) fit(many[i, 1:20], many[i, 21:40]))

seconds <- c(
  one = least(function() fit(yi, vi), times = 50, rounds = 5),
  many = 5 * once(function() for (i in 1:2000) try(fit(many[i, 1:20], many[i, 21:40]), silent = TRUE)),
  large_2000 = once(function() fit(large[1:2000, 1], large[1:2000, 2])),
  permutations = once(function() permutest(whole, iter = 1000, exact = FALSE, progbar = FALSE)),
  moderator = once(function() permutest(regression, iter = 1000, exact = FALSE, progbar = FALSE)),
  gosh = once(function() full <<- gosh(whole, progbar = FALSE)),
  leave_one_out = least(function() leave1out(whole)),
  influence = least(function() influence(whole)),
  regress = least(function() rma(yi, vi, mods = ~ x, method = "REML"), times = 20)
)
import <- min(sapply(1:3, function(i) {
  code <- "t <- proc.time(); suppressMessages(library(metafor)); cat(sum((proc.time() - t)[1:2]))"
  as.numeric(tail(system2("Rscript", c("-e", shQuote(code)), stdout = TRUE), 1))
}))
seconds <- c(seconds, import = import)

numbers <- function(values) {
  paste0("[", paste(ifelse(is.na(values), "null", sprintf("%.17g", values)), collapse = ","), "]")
}
by_code <- order(full$incl %*% 2^(0:12))
first <- fit(yi, vi)
found <- paste0(
  '{"one":', numbers(c(first$tau2, first$se)),
  ',"many":[', numbers(sapply(some, function(f) f$tau2)), ",", numbers(sapply(some, function(f) f$se)), "]",
  ',"gosh":', numbers(full$res$tau2[by_code]), "}"
)
pairs <- paste0('"', names(seconds), '":', sprintf("%.6g", seconds), collapse = ",")
cat(paste0(
  '{"tools":{"metafor":{', pairs, '}},"found":{"metafor":', found, '},"versions":{"R":"',
  getRversion(), '","metafor":"', packageVersion("metafor"), '"}}\n'
))

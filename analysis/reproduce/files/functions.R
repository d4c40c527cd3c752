# What analysis.R computes with: effects, fits, and the comparison with the numbers of the application.
# R >= 4.0 with the package metafor (>= 3.8). Nothing is installed and nothing is written but the file named at the end.

suppressMessages(library(metafor))
options(digits = 15, warn = 1)

computed <- new.env()
note <- function(name, values) {
  # keep numbers under "name.key"; what is not a finite number is not compared
  for (key in names(values)) {
    value <- values[[key]]
    if (length(value) == 1 && is.finite(value)) assign(paste0(name, ".", key), as.numeric(value), envir = computed)
  }
}
note_all <- function(name, values) note(name, setNames(as.list(values), seq_along(values)))

# The rows that went in; counts as doubles, whose products do not overflow; people: how many a row rests on.
read_data <- function(file) {
  data <- read.csv(file, encoding = "UTF-8", stringsAsFactors = FALSE, na.strings = "", check.names = FALSE)
  whole <- sapply(data, is.integer)
  data[whole] <- lapply(data[whole], as.numeric)
  cells <- intersect(c("tp", "fp", "fn", "tn"), names(data))
  arms <- intersect(c("n1", "n2"), names(data))
  data$people <- rowSums(data[, arms, drop = FALSE], na.rm = TRUE)
  tests <- data$kind == "diagnostic"
  if (any(tests)) data$people[tests] <- rowSums(data[tests, cells])
  data
}

# --- effects ----------------------------------------------------------------------------------------------------------

STATS <- c(HR = "OE", DOR = "OR")

# One effect per row of the data: from arm data where there are any, else as reported. Ratios are logarithms.
effects_of <- function(data, measure) {
  found <- data.frame(yi = rep(NA_real_, nrow(data)), vi = NA_real_)
  for (i in seq_len(nrow(data))) {
    one <- tryCatch(effect_of(data[i, ], measure), error = function(e) c(NA, NA))
    found[i, ] <- if (all(is.finite(one)) && one[2] > 0) one else c(NA, NA)
  }
  found
}

effect_of <- function(d, measure) {
  pair <- function(e) c(as.numeric(e$yi), as.numeric(e$vi))
  switch(d$kind,
    effect = c(d$effect, d$effect_se^2),
    oe = c(d$o_minus_e / d$variance, 1 / d$variance),
    means = , change = if (measure %in% c("MC", "SMCC", "SMCR")) of_changes(d, measure) else of_means(d, measure),
    events = {
      if (measure %in% c("OR", "RR", "PETO")) {
        none <- d$events1 + d$events2 == 0
        all <- d$events1 == d$n1 && d$events2 == d$n2
        if (none || all) return(c(NA, NA))
      }
      if (measure == "PETO") {
        return(pair(escalc(measure = "PETO", ai = events1, n1i = n1, ci = events2, n2i = n2, data = d, add = 0)))
      }
      pair(escalc(measure = measure, ai = events1, n1i = n1, ci = events2, n2i = n2, data = d))
    },
    rates = {
      if (measure == "IRR" && d$events1 + d$events2 == 0) return(c(NA, NA))
      pair(escalc(measure = measure, x1i = events1, t1i = time1, x2i = events2, t2i = time2, data = d))
    },
    proportion = pair(escalc(measure = measure, xi = events1, ni = n1, data = d)),
    correlation = pair(escalc(measure = measure, ri = correlation, ni = n1, data = d)),
    diagnostic = pair(escalc(measure = "OR", ai = tp, bi = fp, ci = fn, di = tn, data = d))
  )
}

of_means <- function(d, measure) {
  if (measure == "ROM") {  # with the second-order correction that metafor has by default from version 4 on
    bias <- (d$sd1^2 / (d$n1 * d$mean1^2) - d$sd2^2 / (d$n2 * d$mean2^2)) / 2
    return(c(log(d$mean1 / d$mean2) + bias, d$sd1^2 / (d$n1 * d$mean1^2) + d$sd2^2 / (d$n2 * d$mean2^2)))
  }
  if (measure == "SMDH") {  # Bonett 2009
    s2 <- (d$sd1^2 + d$sd2^2) / 2
    g <- correction(d$n1 + d$n2 - 2) * (d$mean1 - d$mean2) / sqrt(s2)
    vi <- g^2 * (d$sd1^4 / (d$n1 - 1) + d$sd2^4 / (d$n2 - 1)) / (8 * s2^2) +
      (d$sd1^2 / (d$n1 - 1) + d$sd2^2 / (d$n2 - 1)) / s2
    return(c(g, vi))
  }
  e <- escalc(measure = measure, m1i = mean1, sd1i = sd1, n1i = n1, m2i = mean2, sd2i = sd2, n2i = n2, data = d)
  c(as.numeric(e$yi), as.numeric(e$vi))
}

correction <- function(m) exp(lgamma(m / 2) - log(sqrt(m / 2)) - lgamma((m - 1) / 2))

# Experimental minus comparator, of the change within each arm.
of_changes <- function(d, measure) {
  if (d$kind == "means") return(of_means(d, "MD"))
  arm <- function(n) {
    one <- list(m1 = d[[paste0("mean", n)]], m2 = d[[paste0("baseline_mean", n)]], n = d[[paste0("n", n)]],
                s1 = d[[paste0("sd", n)]], s2 = d[[paste0("baseline_sd", n)]], r = d[[paste0("r", n)]])
    e <- if (measure == "SMCR") {
      escalc(measure = "SMCR", m1i = one$m1, m2i = one$m2, sd1i = one$s2, ni = one$n, ri = one$r)
    } else {
      escalc(measure = measure, m1i = one$m1, m2i = one$m2, sd1i = one$s1, sd2i = one$s2, ni = one$n, ri = one$r)
    }
    c(as.numeric(e$yi), as.numeric(e$vi))
  }
  first <- arm(1); second <- arm(2)
  c(first[1] - second[1], first[2] + second[2])
}

# --- fits ---------------------------------------------------------------------------------------------------------------

precise <- function(vi, tau2) {
  if (tau2 %in% c("PM", "PMM")) return(list(tol = 1e-14 * median(vi), maxiter = 10000, tau2.max = 1e6 * max(vi)))
  if (tau2 %in% c("REML", "ML", "EB")) return(list(threshold = 1e-14 * median(vi), maxiter = 100000, stepadj = 0.5))
  list()
}

fit_of <- function(yi, vi, tau2, test, level, mods = NULL) {
  arguments <- list(yi = yi, vi = vi, method = if (tau2 == "CE") "EE" else tau2, test = test, level = level,
                    control = precise(vi, tau2))
  if (!is.null(mods)) arguments <- c(arguments, list(mods = mods, intercept = TRUE))
  try_fit <- function(a) suppressWarnings(do.call(rma, a))
  # some data make Fisher scoring with half steps too slow or the full step swing: the other is tried, too
  tryCatch(try_fit(arguments), error = function(e) {
    arguments$control$stepadj <- 1
    try_fit(arguments)
  })
}

limits <- function(estimate, spread, df, level) {
  q <- if (is.na(df)) qnorm((1 + level / 100) / 2) else qt((1 + level / 100) / 2, df)
  c(estimate - q * spread, estimate + q * spread)
}

# The interval for a new study: as the test has it, or by the quantile the plan names.
prediction_of <- function(fit, prediction, level, estimate = NULL, se = NULL, tau2 = NULL) {
  df <- switch(prediction, "as test" = if (fit$test %in% c("knha", "adhoc", "t")) fit$k - fit$p else NA,
               "z" = NA, "t(k-1)" = fit$k - fit$p, "t(k-2)" = fit$k - fit$p - 1)
  if (!is.na(df) && df < 1) return(c(NA, NA))
  limits(estimate, sqrt(se^2 + tau2), df, level)
}

numbers_of <- function(fit, prediction = "as test", level = 95) {
  common <- fit$method %in% c("EE", "FE", "CE")
  random <- if (common) c(NA, NA) else
    prediction_of(fit, prediction, level, as.numeric(fit$beta[1]), fit$se[1], fit$tau2)
  df <- if (fit$test %in% c("knha", "adhoc", "t")) fit$k - fit$p else NA
  list(estimate = as.numeric(fit$beta[1]), se = fit$se[1], ci_low = fit$ci.lb[1], ci_high = fit$ci.ub[1],
       stat = fit$zval[1], pval = fit$pval[1], tau2 = fit$tau2, i2 = fit$I2, h2 = fit$H2, q = fit$QE,
       q_pval = fit$QEp, pi_low = random[1], pi_high = random[2], k = fit$k, df = df, q_df = fit$k - fit$p)
}

# Mantel-Haenszel: nothing is added to the sums, 0.5 only to the effects that its Q is computed from.
mantel_haenszel <- function(data, measure, level) {
  fit <- if (measure %in% c("IRR", "IRD")) {
    rma.mh(measure = measure, x1i = events1, t1i = time1, x2i = events2, t2i = time2, data = data, level = level)
  } else {
    rma.mh(measure = measure, ai = events1, n1i = n1, ci = events2, n2i = n2, data = data, level = level)
  }
  list(estimate = as.numeric(fit$beta), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, stat = fit$zval,
       pval = fit$pval, tau2 = 0, i2 = fit$I2, h2 = fit$H2, q = fit$QE, q_pval = fit$QEp, k = fit$k,
       q_df = fit$k.yi - 1, weights = unname(weights(fit)))
}

loose <- character(0)

mixed_model <- function(data, measure, tau2, test, level) {
  counts <- switch(measure,
    OR = list(ai = data$events1, n1i = data$n1, ci = data$events2, n2i = data$n2, model = "UM.FS"),
    IRR = list(x1i = data$events1, t1i = data$time1, x2i = data$events2, t2i = data$time2, model = "UM.FS"),
    PLO = list(xi = data$events1, ni = data$n1))
  arguments <- c(list(measure = measure, method = if (tau2 == "CE") "EE" else "ML", test = if (test == "z") "z" else "t",
                      level = level), counts)
  fit <- suppressWarnings(do.call(rma.glmm, arguments))
  list(estimate = as.numeric(fit$beta[1]), se = fit$se[1], ci_low = fit$ci.lb[1], ci_high = fit$ci.ub[1],
       stat = fit$zval[1], pval = fit$pval[1], tau2 = fit$tau2, k = fit$k, df = if (test == "z") NA else fit$k - 1)
}

# The planned way of pooling some rows; `how` has measure, method, tau2, test. NULL where there is nothing to compare.
pool <- function(rows, how = plan, values = NULL) {
  if (is.null(values)) values <- effects_of(data[rows, ], how$measure)
  usable <- !is.na(values$yi)
  rows <- rows[usable]; yi <- values$yi[usable]; vi <- values$vi[usable]
  if (!length(yi)) return(NULL)
  if (how$method == "glmm") {
    return(tryCatch(mixed_model(data[rows, ], how$measure, how$tau2, how$test, plan$level), error = function(e) NULL))
  }
  if (how$method == "mh") return(mantel_haenszel(data[rows, ], how$measure, plan$level))
  if (how$method == "peto") return(numbers_of(fit_of(yi, vi, "CE", "z", plan$level), "as test", plan$level))
  numbers_of(fit_of(yi, vi, how$tau2, how$test, plan$level), plan$prediction, plan$level)
}

# --- the comparison ------------------------------------------------------------------------------------------------------

TOLERANCE <- 1e-6
# Mixed models of counts are maximised by general optimisers, which stop earlier.
LOOSE <- 1e-3

compare <- function(expected_file, found_file) {
  computed <- unlist(as.list(computed))
  computed <- computed[order(names(computed))]
  write.csv(data.frame(name = names(computed), value = format(computed, digits = 17)), found_file, row.names = FALSE)
  expected <- read.csv(expected_file, colClasses = c("character", "numeric"), encoding = "UTF-8")
  there <- expected$name %in% names(computed)
  ours <- expected$value[there]
  theirs <- computed[expected$name[there]]
  apart <- abs(ours - theirs) / pmax(1, abs(ours))
  cat(sprintf("%d of %d numbers were computed again with R %s and metafor %s.\n", sum(there), nrow(expected),
              paste(R.version$major, R.version$minor, sep = "."), packageVersion("metafor")))
  cat(sprintf("Largest difference: %.2g (relative to 1 or the number, whichever is larger).\n", max(apart, 0)))
  parts <- sub("\\..*", "", expected$name)
  left <- table(parts[!there])
  if (length(left)) {
    cat("Computed again by analysis.py only:", paste0(names(left), " (", left, ")", collapse = ", "), "\n")
  }
  counts <- Reduce(`|`, lapply(loose, function(name) startsWith(expected$name[there], paste0(name, "."))), FALSE)
  wrong <- apart > ifelse(counts, LOOSE, TOLERANCE)
  if (any(counts)) cat(sprintf("Of mixed models of counts %d numbers agree within %.2g.\n", sum(counts), max(apart[counts])))
  if (any(wrong)) {
    cat("DIFFERENT:\n")
    print(data.frame(application = ours, R = theirs, difference = apart)[wrong, ])
    quit(status = 1)
  }
  cat(sprintf("All agree within %g.\n", TOLERANCE))
}

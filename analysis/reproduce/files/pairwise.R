# --- the run ---------------------------------------------------------------------------------------------------------------

all_rows <- seq_len(nrow(data))
values <- effects_of(data, plan$measure)
used <- which(!is.na(values$yi))
yi <- values$yi[used]; vi <- values$vi[used]; sei <- sqrt(vi)
z <- qnorm((1 + plan$level / 100) / 2)

# every study
main <- NULL
if (length(used) >= 2 && plan$method == "iv") main <- fit_of(yi, vi, plan$tau2, plan$test, plan$level)
pooled <- pool(all_rows)
weight <- switch(plan$method, iv = if (is.null(main)) NULL else unname(weights(main)), peto = 100 / vi / sum(1 / vi),
                 mh = pooled$weights)
for (n in seq_along(used)) {
  note(paste0("studies.", used[n]), list(yi = yi[n], vi = vi[n], ci_low = yi[n] - z * sei[n],
                                         ci_high = yi[n] + z * sei[n], weight = weight[n]))
}

# where the method of the plan is a mixed model, all that rests on it agrees less closely
if (plan$method == "glmm") loose <- c("pooled", "alternatives.1", "leave_one_out", "cumulative", "subgroups", "sensitivity",
                                      "funnel", "galbraith", "drapery", "labbe")

# the planned fit, and the same studies under other choices
note("pooled", pooled)
if (plan$measure == "PFT") note("pooled", list(size = 1 / mean(1 / data$people)))
for (i in seq_len(nrow(alternatives))) note(paste0("alternatives.", i), pool(all_rows, as.list(alternatives[i, ])))

if (!is.null(main) && plan$interval != "") note("tau2_interval", list(tau2 = main$tau2, i2 = main$I2, h2 = main$H2))
if (!is.null(main) && plan$interval == "QP") {
  found <- confint(main, level = plan$level, control = list(tol = 1e-12, maxiter = 100000, tau2.max = 1e4 * max(vi)))
  if (!is.null(found$random)) {
    note("tau2_interval", list(tau2_low = found$random[1, 2], tau2_high = found$random[1, 3], i2_low = found$random[3, 2],
                               i2_high = found$random[3, 3], h2_low = found$random[4, 2], h2_high = found$random[4, 3]))
  }
}

# subgroups: each on its own, and the test of their difference
if (plan$subgroups == "separate") {
  fits <- lapply(seq_along(groups), function(g) pool(groups[[g]]))
  for (g in seq_along(groups)) note(paste0("subgroups.groups.", g), fits[[g]])
  if (length(fits) > 1 && !any(sapply(fits, is.null))) {
    between <- rma(sapply(fits, `[[`, "estimate"), sei = sapply(fits, `[[`, "se"), method = "EE")
    note("subgroups", list(q_between = between$QE, q_between_df = between$k - 1, q_between_pval = between$QEp))
  }
}
if (plan$subgroups == "common" && !is.null(main)) {
  of <- rep(NA, nrow(data))
  for (g in seq_along(groups)) of[groups[[g]]] <- g
  of <- of[used]
  design <- sapply(sort(unique(of)), function(g) as.numeric(of == g))
  one <- suppressWarnings(rma(yi, vi, mods = design, intercept = FALSE, method = if (plan$tau2 == "CE") "EE" else plan$tau2,
                              test = plan$test, level = plan$level, control = precise(vi, plan$tau2)))
  for (j in seq_len(ncol(design))) {
    note(paste0("subgroups.groups.", sort(unique(of))[j]), list(estimate = one$beta[j], se = one$se[j],
                                                               ci_low = one$ci.lb[j], ci_high = one$ci.ub[j]))
  }
}

# without each study, and adding one after the other; refits of a mixed model of counts are left to analysis.py, for
# metafor's optimiser stops too early on some of them
again <- if (plan$method == "glmm") function(rows) NULL else pool
without <- lapply(seq_along(used), function(n) again(used[-n]))
for (n in seq_along(used)) note(paste0("leave_one_out.", n), without[[n]])
chain <- function(name, order) {
  for (n in seq_along(order)) note(paste0("cumulative.", name, ".", n), again(order[seq_len(n)]))
}
chain("year", used)
chain("precision", used[order(vi)])

# influence, outliers
if (!is.null(main) && length(used) > 2) {
  simple <- fit_of(yi, vi, plan$tau2, "z", plan$level)
  inf <- tryCatch(suppressWarnings(influence(simple)$inf), error = function(e) NULL)
  if (!is.null(inf)) for (n in seq_along(used)) {
    note(paste0("influence.", n), list(rstudent = inf$rstudent[n], dffits = inf$dffits[n], cook_d = inf$cook.d[n],
                                       cov_r = inf$cov.r[n], tau2_del = inf$tau2.del[n], hat = inf$hat[n]))
  }
}

# the same question asked otherwise
for (i in seq_len(nrow(sensitivity))) {
  one <- as.list(sensitivity[i, ])
  left <- as.integer(strsplit(as.character(one$without), ";")[[1]])
  if (one$method == "glmm") loose <- c(loose, paste0("sensitivity.", one$place))
  note(paste0("sensitivity.", one$place), pool(setdiff(all_rows, left), one))
}

# meta-regression
regression_of <- function(name, columns, test = plan$test) {
  values <- lapply(columns, function(column) data[[column$column]][used])
  known <- Reduce(`&`, lapply(values, function(v) !is.na(v) & v != ""))
  design <- do.call(cbind, Map(function(column, v) {
    if (column$type == "number") return(as.numeric(v[known]))
    sapply(column$levels, function(level) as.numeric(v[known] == level))
  }, columns, values))
  fit <- fit_of(yi[known], vi[known], plan$tau2, test, plan$level, mods = design)
  for (j in seq_along(fit$beta)) {
    note(paste0(name, ".terms.", j), list(estimate = fit$beta[j], se = fit$se[j], ci_low = fit$ci.lb[j],
                                          ci_high = fit$ci.ub[j], stat = fit$zval[j], pval = fit$pval[j]))
  }
  note(name, list(qm = fit$QM, qm_pval = fit$QMp, tau2 = fit$tau2, i2 = fit$I2, q = fit$QE, q_df = fit$k - fit$p,
                  q_pval = fit$QEp, k = fit$k, r2 = fit$R2, df = fit$k - fit$p))
  note_all(paste0(name, ".qm_df"), fit$QMdf[is.finite(fit$QMdf)])
  list(fit = fit, known = known)
}
if (!is.null(main) && plan$regression) invisible(regression_of("regression", moderators))
for (b in seq_along(bubbles)) {
  if (is.null(main) || is.null(bubbles[[b]])) next
  name <- paste0("bubbles.", b)
  found <- regression_of(paste0(name, ".model"), bubbles[[b]])
  w <- 1 / (vi[found$known] + found$fit$tau2)
  y <- yi[found$known]
  column <- bubbles[[b]][[1]]
  x <- if (column$type == "number") as.numeric(data[[column$column]][used][found$known]) else rep(NA, length(y))
  for (n in seq_along(y)) note(paste0(name, ".points.", n), list(x = x[n], y = y[n], weight = 100 * w[n] / sum(w)))
  at <- if (column$type == "number") {
    matrix(seq(min(x), max(x), length.out = column$steps), ncol = 1)
  } else rbind(0, diag(length(column$levels)))
  line <- predict(found$fit, newmods = at)
  for (n in seq_len(nrow(at))) {
    note(paste0(name, ".line.", n), list(x = if (column$type == "number") at[n, 1] else NA, estimate = line$pred[n],
                                         ci_low = line$ci.lb[n], ci_high = line$ci.ub[n]))
    if (!is.null(line$pi.lb) && plan$tau2 != "CE") {
      ends <- prediction_of(found$fit, plan$prediction, plan$level, line$pred[n], line$se[n], found$fit$tau2)
      note(paste0(name, ".line.", n), list(pi_low = ends[1], pi_high = ends[2]))
    }
  }
}

# small-study effects
for (i in seq_along(tests)) {
  note(paste0("small_study.tests.", i), test_of(tests[[i]]$key, tests[[i]]$predictor, data[used, ], yi, vi))
}
if (plan$small_study) {
  note("egger", test_of("egger", "sei", data[used, ], yi, vi, level = 95))
  found <- suppressWarnings(ranktest(yi, vi))
  note("begg", list(tau = found$tau, pval = found$pval, k = length(yi)))
}
filled <- NULL
if (!is.null(main) && plan$fill) {
  filled <- tryCatch(suppressWarnings(trimfill(main, estimator = plan$estimator, side = plan$side,
                                               control = precise(vi, plan$tau2))), error = function(e) NULL)
  if (!is.null(filled)) {
    note("trim_and_fill", list(k0 = filled$k0, se_k0 = filled$se.k0))
    note("trim_and_fill.observed", numbers_of(main, "as test", plan$level))
    # trimfill() tests by z whatever the model was; here it is tested as planned
    again <- fit_of(as.numeric(filled$yi), as.numeric(filled$vi), plan$tau2, plan$test, plan$level)
    note("trim_and_fill.pooled", numbers_of(again, "as test", plan$level))
    note("funnel", list(filled_centre = as.numeric(again$beta)))
    for (n in seq_len(filled$k0)) {
      one <- list(yi = as.numeric(filled$yi)[length(yi) + n], sei = sqrt(as.numeric(filled$vi)[length(yi) + n]))
      note(paste0("trim_and_fill.filled.", n), one)
      note(paste0("funnel.filled.", n), one)
    }
  }
}

# where the studies stand in the figures
centre <- pooled$estimate
tau2 <- pooled$tau2
if (!is.null(centre)) {
  note("funnel", list(centre = centre, level = plan$level, critical = z, tau2 = tau2))
  half <- qnorm((1 + c(90, 95, 99) / 100) / 2)
  for (n in 1:3) note(paste0("funnel.contours.", n), list(level = c(90, 95, 99)[n], critical = half[n]))
  note("galbraith", list(estimate = centre, ci_low = pooled$ci_low, ci_high = pooled$ci_high, tau2 = tau2, margin = z))
  for (n in seq_along(used)) {
    note(paste0("funnel.points.", n), list(yi = yi[n], sei = sei[n]))
    x <- 1 / sqrt(vi[n] + tau2)
    note(paste0("galbraith.points.", n), list(x = x, y = x * yi[n]))
    influence_on <- if (is.null(without[[n]])) NA else ((centre - without[[n]]$estimate) / without[[n]]$se)^2
    note(paste0("baujat.points.", n), list(x = (yi[n] - centre)^2 / (vi[n] + tau2), y = influence_on))
    note(paste0("drapery.studies.", n), list(centre = yi[n], se = sei[n]))
  }
  note("drapery.pooled", list(centre = centre))
}
for (n in seq_along(used)) {
  if (data$people[used[n]] > 0) note(paste0("funnel.points.", n), list(n = data$people[used[n]]))
}

# L'Abbe: the proportions of both arms, and what the pooled effect makes of the comparator's
if (plan$labbe) {
  n <- 0
  for (i in used[data$kind[used] == "events"]) {
    n <- n + 1
    note(paste0("labbe.points.", n), list(x = data$events2[i] / data$n2[i], y = data$events1[i] / data$n1[i],
                                          size = data$n1[i] + data$n2[i], weight = weight[match(i, used)]))
  }
  p <- (0:100) / 100
  turned <- suppressWarnings(switch(plan$measure, OR = , PETO = plogis(qlogis(p) + centre), RR = p * exp(centre),
                                    RD = p + centre, AS = sin(pmin(pmax(asin(sqrt(p)) + centre, 0), pi / 2))^2))
  inside <- which(!is.na(turned) & turned >= 0 & turned <= 1)
  for (n in seq_along(inside)) note(paste0("labbe.line.", n), list(x = p[inside[n]], y = turned[inside[n]]))
}

# drapery: the ends of the intervals of every level
if (!is.null(centre) && length(steps)) {
  p <- 2 * pnorm(-steps)
  note_all("drapery.z", steps)
  note_all("drapery.p", p)
  half <- function(df) if (is.na(df)) qnorm(p / 2, lower.tail = FALSE) else qt(p / 2, df, lower.tail = FALSE)
  df <- if (is.null(pooled$df)) NA else pooled$df
  note_all("drapery.pooled.low", centre - half(df) * pooled$se)
  note_all("drapery.pooled.high", centre + half(df) * pooled$se)
  if (!is.null(pooled$pi_low) && is.finite(pooled$pi_low)) {
    df <- switch(plan$prediction, "as test" = df, "z" = NA, "t(k-1)" = pooled$k - 1, "t(k-2)" = pooled$k - 2)
    note_all("drapery.prediction.low", centre - half(df) * sqrt(pooled$se^2 + tau2))
    note_all("drapery.prediction.high", centre + half(df) * sqrt(pooled$se^2 + tau2))
  }
}

compare("numbers.csv", "numbers-from-R.csv")
print(sessionInfo(), locale = FALSE)

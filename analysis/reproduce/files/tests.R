# --- small-study effects -----------------------------------------------------------------------------------------------------

# The slope of a weighted regression of y on x (lm: multiplicative dispersion, t with k - 2), and where the line meets
# an infinitely large study.
by_lm <- function(y, x, w, limit = TRUE) {
  fit <- summary(lm(y ~ x, weights = w))
  slope <- fit$coefficients[2, ]
  told <- list(stat = slope[["t value"]], pval = slope[["Pr(>|t|)"]], df = length(y) - 2, k = length(y))
  if (!limit) return(told)
  ends <- limits(fit$coefficients[1, 1], fit$coefficients[1, 2], length(y) - 2, plan$level)
  c(told, estimate = fit$coefficients[1, 1], ci_low = ends[1], ci_high = ends[2])
}

# regtest() keeps metafor's own stopping rules, so the regression is fitted as such.
by_rma <- function(yi, vi, x, method, test, level = plan$level) {
  fit <- fit_of(yi, vi, method, test, level, mods = x)
  list(stat = fit$zval[2], pval = fit$pval[2], estimate = fit$beta[1], ci_low = fit$ci.lb[1], ci_high = fit$ci.ub[1],
       k = length(yi), df = if (test == "z") NA else length(yi) - 2, tau2 = fit$tau2, slope = fit$beta[2],
       slope_se = fit$se[2], limit = fit$beta[1], limit_low = fit$ci.lb[1], limit_high = fit$ci.ub[1])
}

# Tables with something to say; 0.5 in every cell where one is empty.
tables_of <- function(d, cells) {
  t <- setNames(d[, cells], c("a", "n1", "c", "n2"))
  t <- t[t$a + t$c > 0 & t$a + t$c < t$n1 + t$n2, ]
  t$b <- t$n1 - t$a; t$d <- t$n2 - t$c; t$N <- t$n1 + t$n2
  empty <- t$a == 0 | t$b == 0 | t$c == 0 | t$d == 0
  h <- t + ifelse(empty, 0.5, 0)
  t$log_or <- log(h$a * h$d / (h$b * h$c))
  t
}

test_of <- function(key, predictor, d, yi, vi, level = plan$level) {
  events <- c("events1", "n1", "events2", "n2")
  if (key == "egger") {
    x <- switch(predictor, sei = sqrt(vi), vi = vi, ni = d$people, ninv = 1 / d$people, sqrtni = sqrt(d$people),
                sqrtninv = 1 / sqrt(d$people), NULL)
    return(if (is.null(x)) NULL else by_rma(yi, vi, x, "REML", "z", level))
  }
  if (key == "begg") {
    found <- suppressWarnings(ranktest(yi, vi))
    return(list(stat = found$tau, pval = found$pval, k = length(yi)))
  }
  if (key == "thompson-sharp") return(by_rma(yi, vi, sqrt(vi), "DL", "t"))
  if (key == "pustejovsky-rodgers") {
    w <- d$n1 * d$n2 / (d$n1 + d$n2)
    return(by_lm(yi, 1 / sqrt(w), w))
  }
  if (key == "rucker") {
    e <- escalc(measure = "AS", ai = events1, n1i = n1, ci = events2, n2i = n2, data = d)
    return(by_rma(as.numeric(e$yi), as.numeric(e$vi), sqrt(as.numeric(e$vi)), "DL", "t"))
  }
  if (key == "deeks") {
    d$positive <- d$tp + d$fn; d$negative <- d$fp + d$tn
    t <- tables_of(d, c("tp", "positive", "fp", "negative"))
    ess <- 4 * t$n1 * t$n2 / t$N
    return(by_lm(t$log_or, 1 / sqrt(ess), ess))
  }
  t <- tables_of(d, events)
  w <- 1 / (1 / (t$a + t$c) + 1 / (t$b + t$d))
  switch(key,
    harbord = {
      e <- t$n1 * (t$a + t$c) / t$N
      v <- t$n1 * t$n2 * (t$a + t$c) * (t$b + t$d) / (t$N^2 * (t$N - 1))
      by_lm((t$a - e) / v, 1 / sqrt(v), v)
    },
    peters = by_lm(t$log_or, 1 / t$N, w),
    macaskill = by_lm(t$log_or, t$N, w, limit = FALSE),
    NULL)
}

# Rscript make_multilevel.R > structures.json : what rma.mv, vcalc, robust and clubSandwich say of metadat's data sets.
suppressMessages({library(metafor); library(clubSandwich); library(jsonlite)})
tight <- function(...) { # rma.mv with the tightest stopping rule at which its optimiser reports success
  cl <- as.list(substitute(list(...)))[-1]; pf <- parent.frame()
  for (tol in c(1e-14, 1e-12, 1e-11, 1e-10, 1e-9)) {
    call <- c(list(as.name("rma.mv")), cl, list(control=list(rel.tol=tol, iter.max=2000, eval.max=4000)))
    r <- tryCatch(eval(as.call(call), pf), error=function(e) NULL); if (!is.null(r)) return(r) } }
values <- function(r) list(method=r$method, beta=c(r$beta), se=r$se, sigma2=r$sigma2, tau2=r$tau2, rho=r$rho,
  loglik_reml=r$fit.stats["ll", "REML"], loglik_ml=r$fit.stats["ll", "ML"], QM=r$QM, QE=r$QE)
sandwich <- function(r, cluster, type) { ct <- coef_test(r, vcov=type, cluster=cluster)
  list(se=ct$SE, df=ct$df_Satt, pval=ct$p_Satt, vb=unname(as.matrix(vcovCR(r, cluster=cluster, type=type)))) }
plain <- function(V) unname(as.matrix(V))
o <- list(generator=list(R=paste(R.version$major, R.version$minor, sep="."), metafor=as.character(packageVersion("metafor")),
  clubSandwich=as.character(packageVersion("clubSandwich")), metadat=as.character(packageVersion("metadat"))))

d <- dat.ishak2007
l <- reshape(d, direction="long", idvar="study", v.names=c("yi","vi"), varying=list(c(2,4,6,8), c(3,5,7,9)))
l <- l[order(l$study, l$time),]; l <- l[!is.na(l$yi),]; l$study <- as.integer(factor(l$study))
V <- vcalc(vi, cluster=study, time1=time, phi=0.97, data=l)
o$ishak2007 <- list(call="rma.mv(yi, vcalc(vi, cluster=study, time1=time, phi=0.97), mods=~factor(time)-1, random=~time|study, struct=)",
  study=l$study, time=l$time, yi=l$yi, vi=l$vi)
for (s in c("CS","HCS","AR","HAR","UN","DIAG","ID","CAR")) o$ishak2007[[s]] <- values(tight(yi, V, mods=~factor(time)-1, random=~time|study, struct=s, data=l))

d <- dat.assink2016; m <- tight(yi, vi, mods=~year+pubstatus, random=~1|study/esid, data=d)
w <- Wald_test(m, constraints=constrain_zero(2:3), vcov="CR2", cluster=d$study, test="HTZ")
u <- rma(yi, vi, mods=~year+pubstatus, data=d, control=list(threshold=1e-14, maxiter=1000))
V <- vcalc(vi, cluster=study, obs=esid, rho=.6, data=d); mv <- tight(yi, V, random=~1|study/esid, data=d)
o$assink2016 <- list(call="rma.mv(yi, vi, mods=~year+pubstatus, random=~1|study/esid); coef_test(vcov=CR.., cluster=study), Wald_test(test='HTZ'); uni: rma(yi, vi, mods); V06: vcalc(rho=.6)",
  study=d$study, esid=d$esid, deltype=as.character(d$deltype), yi=c(d$yi), vi=d$vi, year=d$year, pubstatus=d$pubstatus, mods=values(m),
  CR0=sandwich(m, d$study, "CR0"), CR1p=sandwich(m, d$study, "CR1p"), CR1S=sandwich(m, d$study, "CR1S"), CR2=sandwich(m, d$study, "CR2"),
  HTZ=list(stat=w$Fstat, df=c(w$df_num, w$df_denom), pval=w$p_val), uni_CR2=sandwich(u, d$study, "CR2"), uni_CR1p=sandwich(u, d$study, "CR1p"),
  V06=values(mv), V06_CR2=sandwich(mv, d$study, "CR2"), crossed=values(tight(yi, vi, random=list(~1|study, ~deltype|esid), struct="DIAG", data=d)),
  ranef=lapply(unname(ranef(m)), function(z) list(groups=rownames(z), estimate=z$intrcpt, se=z$se)))

d <- dat.knapp2017
o$knapp2017 <- list(call="rma.mv(yi, vi, random=list(~1|study, ~1|task))", study=d$study, task=as.character(d$task), yi=d$yi, vi=d$vi,
  crossed=values(tight(yi, vi, random=list(~1|study, ~1|task), data=d)))

w <- to.wide(dat.senn2013, study="study", grp="treatment", ref="placebo", grpvars=c(2,5,6))
w <- escalc(measure="MD", m1i=mi.1, sd1i=sdi.1, n1i=ni.1, m2i=mi.2, sd2i=sdi.2, n2i=ni.2, data=w)
w <- contrmat(w, grp1="treatment.1", grp2="treatment.2"); w$contr <- paste0(w$treatment.1, "-", w$treatment.2)
nm <- setdiff(sort(unique(c(w$treatment.1, w$treatment.2))), "placebo")
V <- vcalc(vi, cluster=study, grp1=treatment.1, grp2=treatment.2, w1=ni.1, w2=ni.2, data=w)
r <- tight(yi, V, mods=as.formula(paste("~ 0 +", paste(nm, collapse="+"))), random=~contr|study, rho=0.5, data=w)
o$senn2013 <- list(call="rma.mv(yi, vcalc(grp1, grp2, w1, w2), mods=contrasts, random=~contr|study, rho=0.5)", study=as.character(w$study), contr=w$contr,
  grp1=w$treatment.1, grp2=w$treatment.2, w1=w$ni.1, w2=w$ni.2, yi=c(w$yi), vi=w$vi, names=nm, AIC=AIC(r), fit=values(r))

d <- dat.konstantopoulos2011; k <- rma.mv(yi, vi, random=~1|district/school, data=d, control=list(rel.tol=1e-10))
W <- solve(k$V); X <- model.matrix(k); P <- W - W %*% X %*% solve(t(X) %*% W %*% X) %*% t(X) %*% W
pr <- predict(k)
o$konstantopoulos2011 <- list(call="confint(rma.mv(random=~1|district/school), sigma2=, control=list(tol=1e-10)); I2 by the formula with P of V",
  confint=rbind(confint(k, sigma2=1, control=list(tol=1e-10))$random[1,], confint(k, sigma2=2, control=list(tol=1e-10))$random[1,]),
  I2=100*k$sigma2/(sum(k$sigma2) + (k$k-k$p)/sum(diag(P))), pi=c(pr$pi.lb, pr$pi.ub), AICc=k$fit.stats["AICc","REML"], BIC=k$fit.stats["BIC","REML"],
  deviance=k$fit.stats["dev","ML"], CR1_school=robust(k, cluster=d$school)$se)

d <- dat.bangertdrowns2004; tc <- list(threshold=1e-15, maxiter=1000)
u <- rma(yi, vi, data=d, control=tc); um <- rma(yi, vi, mods=~length, data=d, control=tc)
rb <- function(r, ...) { z <- suppressWarnings(robust(r, ...)); list(beta=c(z$beta), se=z$se, pval=z$pval, ci_lb=z$ci.lb, ci_ub=z$ci.ub, QM=z$QM) }
o$bangertdrowns2004 <- list(call="robust(rma(yi, vi, control=list(threshold=1e-15)), cluster=, adjust=, clubSandwich=)", CR0=rb(u, cluster=d$id, adjust=FALSE),
  CR1=rb(u, cluster=d$id), CR1_grade=rb(u, cluster=d$grade), CR1_mods=rb(um, cluster=d$id), CR2=rb(u, cluster=d$grade, clubSandwich=TRUE))

a <- data.frame(study=c(1,1,2,3,3,3), g1=c("A","B","A","A","B","A"), g2=c("P","P","P","P","P","B"), w1=c(20,25,30,40,41,40), w2=c(30,30,33,42,42,41), vi=c(.1,.12,.08,.05,.06,.055))
b <- data.frame(study=c(1,1,1,1,2,2), out=c("a","a","b","b","a","b"), obs=c(1,2,1,2,1,1), time=c(1,2,1,2,1,3), vi=c(.1,.2,.3,.4,.5,.6))
o$vcalc <- suppressWarnings(list(call="vcalc(vi, cluster=study, ...)", arms=plain(vcalc(vi, cluster=study, grp1=g1, grp2=g2, w1=w1, w2=w2, data=a)),
  arms_equal=plain(vcalc(vi, cluster=study, grp1=g1, grp2=g2, data=a)), rho=plain(vcalc(vi, cluster=study, obs=seq_len(6), rho=0.6, data=a)),
  types=plain(vcalc(vi, cluster=study, type=out, obs=obs, rho=c(.6,.3), data=b)), type_time=plain(vcalc(vi, cluster=study, type=out, time1=time, phi=.8, rho=.5, data=b)),
  time=plain(vcalc(vi, cluster=study, time1=time, phi=.8, data=b))))
cat(toJSON(o, digits=NA, auto_unbox=TRUE, null="null", na="null"))

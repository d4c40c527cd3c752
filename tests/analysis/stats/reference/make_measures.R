# Writes escalc__MEASURE.json: effect sizes of measures that no case of the full set has.
#   Rscript tests/analysis/stats/reference/make_measures.R tests/analysis/stats/reference
# Data are made up, or of the R package metadat (pignon2000). Measures that metafor 3.8 lacks are computed here from their
# formula and from the measure they transform.
suppressMessages({library(metafor); library(metadat)})
out <- commandArgs(TRUE)[1]
num <- function(x) paste0("[", paste(ifelse(is.finite(x), sprintf("%.17g", x), "null"), collapse=","), "]")
obj <- function(l) paste0("{", paste(sprintf("\"%s\":%s", names(l), unlist(l)), collapse=","), "}")
quoted <- function(s) paste0("\"", s, "\"")
versions <- obj(list(R=quoted(paste(R.version$major, R.version$minor, sep=".")), metafor=quoted(as.character(packageVersion("metafor"))),
                     metadat=quoted(as.character(packageVersion("metadat")))))
call_of <- function(measure, inputs, args) suppressWarnings(do.call(escalc, c(list(measure=measure), inputs, args)))
case <- function(measure, inputs, variants=list(default=list()), by=NULL, source="constructed") {
  one <- function(name) {
    args <- variants[[name]]
    e <- if (is.null(by)) call_of(measure, inputs, args) else by(inputs, args)
    values <- lapply(args, function(a) if (is.character(a)) quoted(a) else if (is.logical(a)) tolower(a) else sprintf("%.17g", a))
    list(name=name, args=if (length(args)) obj(values) else "{}", yi=num(c(e$yi)), vi=num(e$vi)) }
  all <- lapply(names(variants), one)
  blocks <- vapply(all, function(v) obj(list(variant=quoted(v$name), args=v$args, yi=v$yi, vi=v$vi)), "")
  how <- if (is.null(by)) "escalc(measure, ..., args)" else paste(trimws(deparse(body(by), width.cutoff=500)), collapse=" ")
  text <- obj(list(id=quoted(paste0("escalc__", measure)), dataset=quoted(source), measure=quoted(measure), generator=versions,
    source=quoted(source), calls=obj(list(escalc_variants=quoted(gsub("\"", "'", how)))),
    inputs=obj(lapply(inputs, num)), yi=all[[1]]$yi, vi=all[[1]]$vi, escalc_variants=paste0("[", paste(blocks, collapse=","), "]")))
  writeLines(text, file.path(out, paste0("escalc__", measure, ".json")))
}
cells <- list(default=list(), to_all=list(to="all"), to_if0all=list(to="if0all"), to_none=list(to="none"), add_0.1=list(add=.1, to="only0"), drop00=list(drop00=TRUE))
sampling <- list(default=list(), vtype_ST=list(vtype="ST"), vtype_CS=list(vtype="CS"))
averaged <- list(default=list(), vtype_AV=list(vtype="AV"))
tables <- list(ai=c(12,5,0,40,0,9), bi=c(30,9,12,22,20,9), ci=c(14,3,3,31,0,5), di=c(50,20,11,60,30,5))
means <- list(m1i=c(10,11.2,27,55), sd1i=c(2,2.5,7,47), n1i=c(20,30,31,155), m2i=c(9,12.4,29,75), sd2i=c(3,2,4,64), n2i=c(15,33,32,156))
change <- list(m1i=c(38.5,26.8,.7,75.9,36), m2i=c(30.6,23.5,.5,53.4,35.6), sd1i=c(15,3.1,.1,14.5,4.7), sd2i=c(11.6,4.1,.1,4.4,4.6), ni=c(20,50,9,10,14), ri=c(.47,.64,.77,.89,.44))
single <- list(mi=c(10,12,3.3,75.9), sdi=c(2,4,1.7,14.5), ni=c(20,30,10,64))
regression <- list(ti=c(4.61,6.19,4.07,-.77,1.16), ni=c(218,232,156,382,259), mi=c(4,7,6,19,15), r2i=c(.24,.455,.5,.327,.117))
for (m in c("PBIT","OR2DL","OR2DN")) case(m, tables, cells)
case("MPORM", c(lapply(tables, function(x) x + 10), list(ri=c(.2,.3,.1,.4,0,-.1))), cells)
for (m in c("SMD1H","RBIS","D2ORL","D2ORN")) case(m, means)
case("RPB", means, sampling)
for (m in c("CVRC","VRC")) case(m, change)
for (m in c("MN","SMN","MNLN","SDLN","CVLN")) case(m, single)
case("REH", list(ai=c(12,5,1,30), bi=c(30,9,2,88), ci=c(14,3,4,25)))
z <- function(e) { r <- c(e$yi); data.frame(yi=atanh(r), vi=e$vi / (1 - r^2)^2) }
case("ZPHI", tables, sampling, function(inputs, args) z(call_of("PHI", inputs, args)))
halves <- list(ai=c(40,12,7), bi=c(10,30,8), ci=c(10,30,8), di=c(40,12,7)) # both margins halved: a closed form (Sheppard 1899)
case("ZTET", halves, by=function(inputs, args) with(inputs, { n <- 2*(ai+bi); r <- sin(2*pi*(ai/n - 1/4)); data.frame(yi=atanh(r), vi=pi^2/(1-r^2) * (2*bi/n) * (1-2*bi/n) / n) }))
case("ZPB", means, sampling, function(inputs, args) z(call_of("RPB", inputs, args)))
case("ZBIS", means, by=function(inputs, args) z(call_of("RBIS", inputs, args)))
case("ZSPCOR", regression, averaged, function(inputs, args) z(call_of("SPCOR", inputs, args)))
case("R2", regression[c("ni","mi","r2i")], list(default=list(), vtype_LS2=list(vtype="LS2"), vtype_AV=list(vtype="AV"), vtype_AV2=list(vtype="AV2")),
  function(inputs, args) with(inputs, { r2 <- if (grepl("AV", paste0(args$vtype, ""))) weighted.mean(r2i, ni) else r2i
    data.frame(yi=r2i, vi=4*r2*(1-r2)^2 * (if (grepl("2", paste0(args$vtype, ""))) (ni-mi-1)^2/((ni^2-1)*(ni+3)) else 1/ni)) }))
case("ZR2", regression[c("ni","r2i")], by=function(inputs, args) with(inputs, data.frame(yi=log((1+sqrt(r2i))/(1-sqrt(r2i)))/2, vi=1/ni)))
case("OE", list(oei=dat.pignon2000$OmE, voi=dat.pignon2000$V), by=function(inputs, args) with(inputs, data.frame(yi=oei/voi, vi=1/voi)), source="R package metadat, dat.pignon2000")

"""What the methods paragraph cites: {key: (as in the text, as in the list)}."""

from collections.abc import Iterable

CITATIONS: dict[str, tuple[str, str]] = {
    "begg": (
        "Begg and Mazumdar 1994",
        "Begg CB, Mazumdar M. Operating characteristics of a rank correlation test for publication bias. "
        "Biometrics 1994;50:1088-1101. doi:10.2307/2533446",
    ),
    "boon": (
        "Boon and Thomson 2021",
        "Boon MH, Thomson H. The effect direction plot revisited: application of the 2019 Cochrane Handbook "
        "guidance on alternative synthesis methods. Research Synthesis Methods 2021;12:29-33. doi:10.1002/jrsm.1458",
    ),
    "borenstein": (
        "Borenstein and Higgins 2013",
        "Borenstein M, Higgins JPT. Meta-analysis and subgroups. Prevention Science 2013;14:134-143. "
        "doi:10.1007/s11121-013-0377-7",
    ),
    "brannick": (
        "Brannick et al. 2019",
        "Brannick MT, Potter SM, Benitez B, Morris SB. Bias and precision of alternate estimators in "
        "meta-analysis: benefits of blending Schmidt-Hunter and Hedges approaches. Organizational Research "
        "Methods 2019;22:490-514. doi:10.1177/1094428117741966",
    ),
    "campbell": (
        "Campbell et al. 2020",
        "Campbell M, McKenzie JE, Sowden A, Katikireddi SV, Brennan SE, Ellis S, et al. Synthesis without meta- "
        "analysis (SWiM) in systematic reviews: reporting guideline. BMJ 2020;368:l6890. doi:10.1136/bmj.l6890",
    ),
    "chaimani": (
        "Chaimani and Salanti 2012",
        "Chaimani A, Salanti G. Using network meta-analysis to evaluate the existence of small-study effects in a "
        "network of interventions. Research Synthesis Methods 2012;3:161-176. doi:10.1002/jrsm.57",
    ),
    "clopper": (
        "Clopper and Pearson 1934",
        "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the binomial. "
        "Biometrika 1934;26:404-413. doi:10.1093/biomet/26.4.404",
    ),
    "cochran": (
        "Cochran 1954",
        "Cochran WG. The combination of estimates from different experiments. Biometrics 1954;10:101-129. "
        "doi:10.2307/3001666",
    ),
    "deeks": (
        "Deeks et al. 2005",
        "Deeks JJ, Macaskill P, Irwig L. The performance of tests of publication bias and other sample size "
        "effects in systematic reviews of diagnostic test accuracy was assessed. Journal of Clinical Epidemiology "
        "2005;58:882-893. doi:10.1016/j.jclinepi.2005.01.016",
    ),
    "dersimonian": (
        "DerSimonian and Laird 1986",
        "DerSimonian R, Laird N. Meta-analysis in clinical trials. Controlled Clinical Trials 1986;7:177-188. "
        "doi:10.1016/0197-2456(86)90046-2",
    ),
    "duval": (
        "Duval and Tweedie 2000",
        "Duval S, Tweedie R. Trim and fill: a simple funnel-plot-based method of testing and adjusting for "
        "publication bias in meta-analysis. Biometrics 2000;56:455-463. doi:10.1111/j.0006-341X.2000.00455.x",
    ),
    "egger": (
        "Egger et al. 1997",
        "Egger M, Davey Smith G, Schneider M, Minder C. Bias in meta-analysis detected by a simple, graphical "
        "test. BMJ 1997;315:629-634. doi:10.1136/bmj.315.7109.629",
    ),
    "fisher": (
        "Fisher 1932",
        "Fisher RA. Statistical methods for research workers. 4th edition. Oliver and Boyd, 1932.",
    ),
    "freeman": (
        "Freeman and Tukey 1950",
        "Freeman MF, Tukey JW. Transformations related to the angular and the square root. Annals of Mathematical "
        "Statistics 1950;21:607-611. doi:10.1214/aoms/1177729756",
    ),
    "greenland": (
        "Greenland and Robins 1985",
        "Greenland S, Robins JM. Estimation of a common effect parameter from sparse follow-up data. Biometrics "
        "1985;41:55-68. doi:10.2307/2530643",
    ),
    "handbook": (
        "Deeks et al. 2024",
        "Deeks JJ, Higgins JPT, Altman DG, McKenzie JE, Veroniki AA, editors. Chapter 10: Analysing data and "
        "undertaking meta-analyses. In: Cochrane Handbook for Systematic Reviews of Interventions, version 6.5. "
        "Cochrane, 2024.",
    ),
    "harbord": (
        "Harbord et al. 2006",
        "Harbord RM, Egger M, Sterne JAC. A modified test for small-study effects in meta-analyses of controlled "
        "trials with binary endpoints. Statistics in Medicine 2006;25:3443-3457. doi:10.1002/sim.2380",
    ),
    "hardy": (
        "Hardy and Thompson 1996",
        "Hardy RJ, Thompson SG. A likelihood approach to meta-analysis with random effects. Statistics in "
        "Medicine 1996;15:619-629. doi:10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A",
    ),
    "hedges": (
        "Hedges 1981",
        "Hedges LV. Distribution theory for Glass's estimator of effect size and related estimators. Journal of "
        "Educational Statistics 1981;6:107-128. doi:10.3102/10769986006002107",
    ),
    "hedges_olkin": (
        "Hedges and Olkin 1985",
        "Hedges LV, Olkin I. Statistical methods for meta-analysis. San Diego: Academic Press, 1985.",
    ),
    "hedges_ratio": (
        "Hedges et al. 1999",
        "Hedges LV, Gurevitch J, Curtis PS. The meta-analysis of response ratios in experimental ecology. Ecology "
        "1999;80:1150-1156. doi:10.1890/0012-9658(1999)080[1150:TMAORR]2.0.CO;2",
    ),
    "higgins_designs": (
        "Higgins et al. 2012",
        "Higgins JPT, Jackson D, Barrett JK, Lu G, Ades AE, White IR. Consistency and inconsistency in network "
        "meta-analysis: concepts and models for multi-arm studies. Research Synthesis Methods 2012;3:98-110. "
        "doi:10.1002/jrsm.1044",
    ),
    "higgins_i2": (
        "Higgins and Thompson 2002",
        "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Statistics in Medicine "
        "2002;21:1539-1558. doi:10.1002/sim.1186",
    ),
    "higgins_prediction": (
        "Higgins et al. 2009",
        "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects meta-analysis. Journal of "
        "the Royal Statistical Society A 2009;172:137-159. doi:10.1111/j.1467-985X.2008.00552.x",
    ),
    "hunter": (
        "Hunter and Schmidt 2004",
        "Hunter JE, Schmidt FL. Methods of meta-analysis: correcting error and bias in research findings. 2nd ed. "
        "Thousand Oaks: Sage, 2004.",
    ),
    "knapp": (
        "Knapp and Hartung 2003",
        "Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single covariate. "
        "Statistics in Medicine 2003;22:2693-2710. doi:10.1002/sim.1482",
    ),
    "koenig": (
        "König et al. 2013",
        "König J, Krahn U, Binder H. Visualizing the flow of evidence in network meta-analysis and characterizing "
        "mixed treatment comparisons. Statistics in Medicine 2013;32:5414-5429. doi:10.1002/sim.6001",
    ),
    "macaskill": (
        "Macaskill et al. 2001",
        "Macaskill P, Walter SD, Irwig L. A comparison of methods to detect publication bias in meta-analysis. "
        "Statistics in Medicine 2001;20:641-654. doi:10.1002/sim.698",
    ),
    "mantel": (
        "Mantel and Haenszel 1959",
        "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of disease. "
        "Journal of the National Cancer Institute 1959;22:719-748. doi:10.1093/jnci/22.4.719",
    ),
    "mckenzie": (
        "McKenzie and Brennan 2024",
        "McKenzie JE, Brennan SE. Chapter 12: Synthesizing and presenting findings using other methods. In: "
        "Cochrane Handbook for Systematic Reviews of Interventions, version 6.5. Cochrane, 2024.",
    ),
    "metafor": (
        "Viechtbauer 2010",
        "Viechtbauer W. Conducting meta-analyses in R with the metafor package. Journal of Statistical Software "
        "2010;36(3):1-48. doi:10.18637/jss.v036.i03",
    ),
    "morris": (
        "Morris 2008",
        "Morris SB. Estimating effect sizes from pretest-posttest-control group designs. Organizational Research "
        "Methods 2008;11:364-386. doi:10.1177/1094428106291059",
    ),
    "numpy": (
        "Harris et al. 2020",
        "Harris CR, Millman KJ, van der Walt SJ, et al. Array programming with NumPy. Nature 2020;585:357-362. "
        "doi:10.1038/s41586-020-2649-2",
    ),
    "paule": (
        "Paule and Mandel 1982",
        "Paule RC, Mandel J. Consensus values and weighting factors. Journal of Research of the National Bureau "
        "of Standards 1982;87:377-385. doi:10.6028/jres.087.022",
    ),
    "peters": (
        "Peters et al. 2006",
        "Peters JL, Sutton AJ, Jones DR, Abrams KR, Rushton L. Comparison of two methods to detect publication "
        "bias in meta-analysis. JAMA 2006;295:676-680. doi:10.1001/jama.295.6.676",
    ),
    "pustejovsky": (
        "Pustejovsky and Rodgers 2019",
        "Pustejovsky JE, Rodgers MA. Testing for funnel plot asymmetry of standardized mean differences. Research "
        "Synthesis Methods 2019;10:57-71. doi:10.1002/jrsm.1332",
    ),
    "riley": (
        "Riley et al. 2011",
        "Riley RD, Higgins JPT, Deeks JJ. Interpretation of random effects meta-analyses. BMJ 2011;342:d549. "
        "doi:10.1136/bmj.d549",
    ),
    "robins": (
        "Robins et al. 1986",
        "Robins J, Breslow N, Greenland S. Estimators of the Mantel-Haenszel variance consistent in both sparse "
        "data and large-strata limiting models. Biometrics 1986;42:311-323. doi:10.2307/2531052",
    ),
    "roever": (
        "Röver et al. 2015",
        "Röver C, Knapp G, Friede T. Hartung-Knapp-Sidik-Jonkman approach and its modification for random-effects "
        "meta-analysis with few studies. BMC Medical Research Methodology 2015;15:99. "
        "doi:10.1186/s12874-015-0091-1",
    ),
    "rucker": (
        "Rücker et al. 2008",
        "Rücker G, Schwarzer G, Carpenter J. Arcsine test for publication bias in meta-analyses with binary "
        "outcomes. Statistics in Medicine 2008;27:746-763. doi:10.1002/sim.2971",
    ),
    "ruecker": (
        "Rücker 2012",
        "Rücker G. Network meta-analysis, electrical networks and graph theory. Research Synthesis Methods "
        "2012;3:312-324. doi:10.1002/jrsm.1058",
    ),
    "ruecker_arms": (
        "Rücker and Schwarzer 2014",
        "Rücker G, Schwarzer G. Reduce dimension or reduce weights? Comparing two approaches to multi-arm studies "
        "in network meta-analysis. Statistics in Medicine 2014;33:4353-4369. doi:10.1002/sim.6236",
    ),
    "ruecker_ranks": (
        "Rücker and Schwarzer 2015",
        "Rücker G, Schwarzer G. Ranking treatments in frequentist network meta-analysis works without resampling "
        "methods. BMC Medical Research Methodology 2015;15:58. doi:10.1186/s12874-015-0060-8",
    ),
    "salanti": (
        "Salanti et al. 2011",
        "Salanti G, Ades AE, Ioannidis JPA. Graphical methods and numerical summaries for presenting results from "
        "multiple-treatment meta-analysis: an overview and tutorial. Journal of Clinical Epidemiology "
        "2011;64:163-171. doi:10.1016/j.jclinepi.2010.03.016",
    ),
    "sato": (
        "Sato et al. 1989",
        "Sato T, Greenland S, Robins JM. On the variance estimator for the Mantel-Haenszel risk difference. "
        "Biometrics 1989;45:1323-1324.",
    ),
    "schwarzer": (
        "Schwarzer et al. 2007",
        "Schwarzer G, Antes G, Schumacher M. A test for publication bias in meta-analysis with sparse binary "
        "data. Statistics in Medicine 2007;26:721-733. doi:10.1002/sim.2588",
    ),
    "scipy": (
        "Virtanen et al. 2020",
        "Virtanen P, Gommers R, Oliphant TE, et al. SciPy 1.0: fundamental algorithms for scientific computing in "
        "Python. Nature Methods 2020;17:261-272. doi:10.1038/s41592-019-0686-2",
    ),
    "sidik": (
        "Sidik and Jonkman 2005",
        "Sidik K, Jonkman JN. Simple heterogeneity variance estimation for meta-analysis. Journal of the Royal "
        "Statistical Society C 2005;54:367-384. doi:10.1111/j.1467-9876.2005.00489.x",
    ),
    "sterne": (
        "Sterne et al. 2011",
        "Sterne JAC, Sutton AJ, Ioannidis JPA, et al. Recommendations for examining and interpreting funnel plot "
        "asymmetry in meta-analyses of randomised controlled trials. BMJ 2011;343:d4002. doi:10.1136/bmj.d4002",
    ),
    "stijnen": (
        "Stijnen et al. 2010",
        "Stijnen T, Hamza TH, Özdemir P. Random effects meta-analysis of event outcome in the framework of the "
        "generalized linear mixed model with applications in sparse data. Statistics in Medicine "
        "2010;29:3046-3067. doi:10.1002/sim.4040",
    ),
    "thompson_higgins": (
        "Thompson and Higgins 2002",
        "Thompson SG, Higgins JPT. How should meta-regression analyses be undertaken and interpreted? Statistics "
        "in Medicine 2002;21:1559-1573. doi:10.1002/sim.1187",
    ),
    "thompson_sharp": (
        "Thompson and Sharp 1999",
        "Thompson SG, Sharp SJ. Explaining heterogeneity in meta-analysis: a comparison of methods. Statistics in "
        "Medicine 1999;18:2693-2708. doi:10.1002/(SICI)1097-0258(19991030)18:20<2693::AID-SIM235>3.0.CO;2-V",
    ),
    "tierney": (
        "Tierney et al. 2007",
        "Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for incorporating summary "
        "time-to-event data into meta-analysis. Trials 2007;8:16. doi:10.1186/1745-6215-8-16",
    ),
    "viechtbauer_influence": (
        "Viechtbauer and Cheung 2010",
        "Viechtbauer W, Cheung MWL. Outlier and influence diagnostics for meta-analysis. Research Synthesis "
        "Methods 2010;1:112-125. doi:10.1002/jrsm.11",
    ),
    "viechtbauer_median": (
        "Viechtbauer 2021",
        "Viechtbauer W. Median-unbiased estimators for the amount of heterogeneity in meta-analysis. European "
        "Congress of Methodology, Valencia, 2021.",
    ),
    "viechtbauer_profile": (
        "Viechtbauer 2007",
        "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. Statistics in "
        "Medicine 2007;26:37-52. doi:10.1002/sim.2514",
    ),
    "viechtbauer_reml": (
        "Viechtbauer 2005",
        "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the random-effects model. "
        "Journal of Educational and Behavioral Statistics 2005;30:261-293. doi:10.3102/10769986030003261",
    ),
    "yusuf": (
        "Yusuf et al. 1985",
        "Yusuf S, Peto R, Lewis J, Collins R, Sleight P. Beta blockade during and after myocardial infarction: an "
        "overview of the randomized trials. Progress in Cardiovascular Diseases 1985;27:335-371. "
        "doi:10.1016/S0033-0620(85)80003-7",
    ),
}


class Cited:
    """Collects what a text cites: ``cited("knapp")`` is ' (Knapp and Hartung 2003)', to be put behind a word."""

    def __init__(self) -> None:
        self.keys: dict[str, None] = {}

    def __call__(self, *keys: str) -> str:
        self.keys |= dict.fromkeys(keys)
        return f" ({'; '.join(CITATIONS[key][0] for key in keys)})" if keys else ""

    @property
    def references(self) -> list[str]:
        return listed(self.keys)


def listed(keys: Iterable[str]) -> list[str]:
    """The entries of the list of references, by author and year."""
    return sorted((CITATIONS[key][1] for key in set(keys)), key=str.casefold)

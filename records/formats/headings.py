"""What column headings mean: the vocabulary of tables, and the layouts that databases are known by.

Headings are compared by `heading_key`: letters and digits only, in lower case, without accents. A column feeds
one field (`FIELDS`); several columns may feed the same one, and the heading that stands first in the list is
the better one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_VOCABULARY = {
    "title": """
        title titles articletitle documenttitle itemtitle primarytitle titleprimary studytitle ti t1 displayname
        papertitle referencetitle maintitle recordtitle publictitle brieftitle dctitle titulo titre titel titolo
        tytul naslov otsikko cim nazev titleoftheincludedstudy titleenglish englishtitle titleen
        publicationtitlefull articlename papername name
        artikeltitel ueberschrift uberschrift titeldesartikels haupttitel aufsatztitel titredelarticle
        titredudocument intitule titreprincipal titulodelarticulo titulodoartigo titulodelestudio
        titulodoestudo titolodellarticolo titolodelarticolo titelvanhetartikel nameofpaper nameofarticle
        nameofstudy titleofpaper titleofarticle titleofstudy papertitles
    """,
    "title_original": """
        originaltitle officialtitle scientifictitle titleoriginal originalforeigntitle translatedtitle
        vernaculartitle foreigntitle tt titleoriginallanguage
    """,
    "abstract": """
        abstract abstracts ab n2 abstractnote notesabstract abstracttext abstracttextenglish dcdescription
        briefsummary resumo resumen resume zusammenfassung riassunto samenvatting abstracten englishabstract
        abstractenglish summary description
        abrege kurzfassung inhaltsangabe sommario resumodoartigo
    """,
    "abstract_original": "originalabstract abstractoriginal detaileddescription oab abstractoriginallanguage",
    "authors": """
        authorfullnames authors author authornames authorsprimary authorsfull firstauthors primaryauthors af au a1
        creators creator authorstring authorlist rawauthornames authorsname nameofauthors authorshipsauthordisplayname
        dccreator contributors autores autor autori autoren auteurs auteur auteures verfasser avtorji avtor
        bookauthorfullnames bookauthors groupauthors groupauthor corporateauthor collectivename
        reviewbyline byline firstauthor
        autorin autorinnen autorinnenundautoren autorenundautorinnen autorenschaft verfasserin
        verfasserinnen verfasserinnenundverfasser autrice autrices auteursetautrices auteurprincipal autora
        autoras autoresyautoras autoreseautoras autorprincipal autrici autorieautrici auteursnamen schrijver
        schrijvers
    """,
    "year": """
        year publicationyear publishedyear pubyear py yearpublished yearofpublication y1 yr dcyear ano anio
        anodepublicacion anodepublicacao annee jahr anno jaar leto rok yearpub publicationdate datepublished
        publisheddate dateofpublication pubdate coverdate date da dp dcdate dateregistration dateofregistration
        issuedate retractiondate
        fecha datum firstpublished studyfirstposted firstposted earlyaccessdate
        publishedonline publicationdateonline onlinedate
        erscheinungsjahr publikationsjahr veroffentlichungsjahr erschienen erschienenim
        jahrderveroffentlichung jahrderpublikation erscheinungsdatum publikationsdatum
        veroffentlichungsdatum anneedepublication anneedeparution datedepublication datedeparution
        anopublicacion anopublicacao fechadepublicacion datadepublicacao annodipubblicazione
        annopubblicazione datadipubblicazione publicatiejaar jaarvanpublicatie jaarvanuitgave
        verschijningsjaar publicatiedatum
    """,
    "journal": """
        sourcetitle journal journalbook journaltitle publicationtitle pubtitle periodicalfull journalname
        primarylocationsourcedisplayname containertitle
        fulljournalname publicationname parenttitle secondarytitle t2 jf
        jt so booktitle titlesecondary periodical publication venue revista zeitschrift rivista tijdschrift revija
        zurnal casopis proceedingstitle conferencetitle conferencename hostpublicationtitle bookseriestitle
        alternatetitle3 anthologytitle source
        fachzeitschrift fachblatt zeitschriftentitel titelderzeitschrift journaltitel quelle periodique
        revue nomdelarevue titredelarevue titredujournal journalrevue revistas nombredelarevista
        titulodelarevista nomedarevista titulodarevista periodico fuente fonte rivistascientifica
        nomedellarivista titolodellarivista fonti vaktijdschrift naamtijdschrift tijdschrifttitel bron
    """,
    "journal_abbreviation": """
        periodicalabbrev abbreviatedsourcetitle journalabbreviation journalisoabbreviation isoabbreviation jo ja j2 ta
        j9 ji alternatetitle2 sourcetitleabbreviated abbreviatedjournal
        abkurzung zeitschriftenkurztitel
    """,
    "citation": """
        citation bibliographiccitation sourcecitation reference fullcitation publicationdetails bibliography
    """,
    "volume": """
        volume journalvolume vl vol bibliovolume volumenumber vi dcvolume volumen band tome bd jahrgang jg
        tomo volym bandnummer deel jaargang
    """,
    "issue": """
        issue journalissue is issuenumber biblioissue number ip no nr dcissue numero heft iss ausgabe
        heftnummer nummer fascicule fasciculo fascicolo aflevering numeros hft heftnr
    """,
    "pages": """
        pages pagerange pg page pagination pp pageinfo medlinepgn paginas seiten pagine bladzijden strani
        seitenzahl seitenangabe seitenzahlen paginazione paginanummers paginasdelarticulo pagina
    """,
    "start": "startpage pagestart sp bibliofirstpage firstpage pagefirst beginpage bp beginningpage spage",
    "end": "endpage pageend ep bibliolastpage lastpage otherpages pagelast endingpage epage",
    "article_number": "artno articlenumber articleno ar elocationid elocation articleid",
    "doi": """
        doi do itemdoi di articledoi doinumber digitalobjectidentifier doiurl doilink dcdoi bookdoi originalpaperdoi
        m3doi crossrefdoi dois
    """,
    "pmid": """
        pmid pubmedid pm idspmid medlinepmid pubmed pubmedpmid pubmedidpmid originalpaperpubmedid medlineid
        pubmednumber pmids
    """,
    "pmcid": "pmcid pmc idspmcid pubmedcentralid pmcnumber",
    "keywords": """
        keywords authorkeywords authorskeywords kw indexkeywords descriptors descriptor meshterms mesh meshheadings
        meshsubjectheadings keyword keywordsplus manualtags automatictags fieldsofstudy
        de ot mh subject subjects subjectterms subjectheadings ieeeterms
        inspeccontrolledterms inspecnoncontrolledterms controlledterms emtreemedicalindexterms
        emtreemedicalindextermsmajorfocus emtreedrugindexterms emtreedrugindextermsmajorfocus
        identifierkeywords topics concepts dcsubject palabrasclave palavraschave motscles schlagworter schlagworte
        schlusselworter parolechiave trefwoorden kljucnebesede tags indexterms thesaurusterms majorsubjects
        minorsubjects majorheadings minorheadings conceptsdisplayname keywordsdisplayname
        schlagwort stichworter stichworte stichwort motcle motscle motclefs motsclefs descripteurs sujets
        sujet descriptores descritores palabraclave palavrachave parolachiave paroledordine descrittori
        sleutelwoorden sleutelwoord steekwoorden
    """,
    "type": """
        documenttype itemtype referencetype typeofreference publicationtype contenttype articletype doctype pubtypes
        doctypes publicationtypes type ty dt typeofwork dctype tipo typededocument dokumenttyp pt
        publikationstyp publikationsart dokumentart dokumententyp typededocumento tipodedocumento
        tipodipubblicazione tipodipublicacion tipodepublicacion tipodepublicacao typedepublication
        publicatietype soort
    """,
    "language": """
        language languageoforiginaldocument articlelanguage languages la lang lg dclanguage idioma langue sprache
        lingua linguas taal publikationssprache languedepublication lenguaje sprachedespublikation
    """,
    "url": """
        url link urls ur fulltexturl studyurl articleurl doclink documenturl fulltextlink externalurl webaddress plink
        permalink sourceurls openurllink pdflink landingpageurl links embaselink dimensionsurl dclink enlace weblink
        enlaces lien liens adresseurl adresseweb webadresse internetadresse liendoi urldelarticle enlaceurl
        collegamento
    """,
    "issn": "issn issns issnisbn sn eissn isbn isbns primarylocationsourceissnl ei printissn onlineissn issnprint",
    "accession": """
        accessionnumber eid an nctnumber nctid trialid ut utuniquewosid utuniqueid pui embaseaccessionid lensid
        publicationid uniqueidentifier ui storeid eric ericnumber key recordid id ref refid itemid arnumber
        documentid openalexid articlekey uid recordnumber covidence
    """,
    "registry": """
        clinicaltrialnumbers clinicaltrialnumber trialregistration trialregistrationnumber registrationnumber
        registrynumber trialnumber otherids secondaryid secondaryids otherrecords studyids nct
    """,
    "notes": """
        notes note n1 extra comments personalnotes researchnotes remarks annotation bemerkungen bemerkung
        anmerkungen notizen kommentar remarques commentaires notas comentarios observacoes observaciones
        osservazioni opmerkingen
    """,
    "decision": """
        included include includedexcluded finalincluded labelincluded asreviewlabel decision finaldecision
        screeningdecision screeningstatus studystatus reviewerdecision inclusion inclusiondecision abstractdecision
        titleabstractdecision ftdecision fulltextdecision screeninglabel screened1 consensus titleabstractscreening
        label labels relevant relevance eligible eligibility inclusionstatus screeningresult status
        exclude excluded
    """,
    "reason": """
        exclusionreason exclusionreasons reasonforexclusion reasonsforexclusion reasonforexclusions excludereason
        excludedreason exclusioncriteriareason exclusionnotes
    """,
}  # fmt: skip
#: Field -> its headings, best first.
HEADINGS: dict[str, tuple[str, ...]] = {name: tuple(words.split()) for name, words in _VOCABULARY.items()}
_FIELD_OF = {heading: name for name, headings in HEADINGS.items() for heading in headings}
#: Fields whose columns add up; of any other field the first column that has a value counts.
ADDED_UP = frozenset({"authors", "keywords", "abstract", "registry", "notes", "year"})
#: Headings that mean a title or abstract in some tables and something else in others.
DOUBTFUL = frozenset(
    {"name", "summary", "description", "articlename", "papername", "displayname", "nameofpaper"}
)
# Issues beside volumes; anywhere else they count the rows.
_NUMBERS = {"no", "nr", "number", "n"}
# Abbreviations of one letter, which only mean something in a table that has volumes too.
_LETTERS = {"h": "issue", "n": "issue", "s": "pages", "p": "pages"}
# Headings of two letters that people write too; the others are tags of a format (AU, DE, SO).
_EVERYDAY = {"id", "no", "nr", "pp", "pg", "yr", "bd", "jg", "an"}
_TAG = re.compile(r"[a-z][a-z0-9]")
# What tags mean where they are words: French "An" is a year.
_WORDS = {"an": "year"}
# Columns that tell a table of references from any other table.
_ALONE = {"title", "titles", "doi", "dois", "pmid", "pmids"}
_TELLING = {"title", "title_original", "abstract", "doi", "pmid", "authors", "journal"}


@dataclass(frozen=True, slots=True)
class Preset:
    """A database's own layout: known by its headings, some of which mean something else there.

    `needs` are headings that must all be there, `one_of` (when given) headings of which one must;
    `means` says what headings are here ("" leaves the column to the record's extra).
    """

    name: str
    needs: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()
    means: Mapping[str, str] = field(default_factory=dict)

    def fits(self, keys: set[str]) -> bool:
        return self.needs <= keys and (not self.one_of or bool(self.one_of & keys))


def _preset(name: str, needs: str, one_of: str = "", **means: str) -> Preset:
    return Preset(name, frozenset(needs.split()), frozenset(one_of.split()), means)


PRESETS: tuple[Preset, ...] = (
    _preset("wos", "pt au ti so", "ut py", id="keywords", ca="authors", sp="", pg="", dl="url", da="", pt="", cy=""),
    _preset("wos", "articletitle sourcetitle", "utuniquewosid utuniqueid wosindex woscategories keywordsplus"),
    _preset("scopus", "eid title", "sourcetitle link documenttype", source="", alternatetitle=""),
    _preset("covidence", "title", "covidence", study="", ref="accession", tags="notes", accessionnumber="pmid"),
    _preset("clinicaltrials.gov", "nctnumber", "title studytitle", startdate="year", type="", date="", id="",
            officialtitle="title_original", acronym="", status="", studystatus="",
            conditions="keywords", interventions="keywords"),
    _preset("clinicaltrials.gov", "nctid", "brieftitle officialtitle", startdate="year", condition="keywords",
            conditions="keywords", interventionname="keywords", interventions="keywords"),
    _preset("ictrp", "trialid publictitle", "", scientifictitle="title_original", condition="keywords",
            intervention="keywords", webaddress="url", dateregistration="year"),
    _preset("rayyan", "key title notes", "pubmedid pmcid location", key="accession", id=""),
    _preset("embase", "title source", "emtreemedicalindexterms emtreedrugindexterms openurllink authornames",
            source="citation", keywords="keywords"),
    _preset("embase", "authornames source", "", source="citation"),
    _preset("embase", "title", "embaseaccessionid embaselink pui", source="citation"),
    _preset("pubmed", "pmid title journalbook", "", createdate="", firstauthor=""),
    _preset("pubmed", "title description shortdetails entrezuid", "", description="authors", details="citation",
            entrezuid="pmid", identifiers="notes", type="", shortdetails=""),
    _preset("ieee", "documenttitle", "ieeeterms dateaddedtoxplore documentidentifier pdflink",
            documentidentifier="type"),
    _preset("ieee", "title authors publication category doi", "", category="type"),
    _preset("springer", "itemtitle contenttype", "itemdoi publicationtitle"),
    _preset("lens", "lensid", "title", datepublished="year"),
    _preset("dimensions", "publicationid title", "dimensionsurl pubyear"),
    _preset("openalex", "displayname", "authorshipsauthordisplayname primarylocationsourcedisplayname",
            primarytopicdisplayname="keywords"),
    _preset("retractionwatch", "retractionnature originalpaperdoi", "", originalpaperdate="year",
            retractiondate="", retractiondoi="", subject="keywords"),
    _preset("bvs", "title fulltexturl publicationyear", "database publicationcountry entrydate",
            source="citation", id="accession", entrydate=""),
    _preset("scielo", "id title authors fulltexturl", "languages", source="citation"),
    _preset("refworks", "titleprimary", "authorsprimary referencetype", originalforeigntitle="title_original"),
    _preset("zotero", "itemtype key", "title publicationtitle", date="year"),
    _preset("publishorperish", "cites title gsrank", "", type="type", querydate=""),
    _preset("ebsco", "articletitle", "plink doctype doctypes journaltitle pagecount"),
    _preset("proquest", "title storeid", "", entrydate=""),
    _preset("distillersr", "refid", "title"),
    _preset("eppi", "itemid title", "parenttitle shorttitle"),
    _preset("endnote", "referencetype title author", "recordnumber secondarytitle alternatejournal"),
    _preset("ovid", "ti au ui", "db vn st", so="citation", **{"is": "issn"}),
    _preset("asreview", "title", "asreviewlabel asreviewranking labelincluded asreviewprior"),
)  # fmt: skip


_UNTAGGED = {
    key: name for key, name in _FIELD_OF.items() if len(key) != 2 or key in _EVERYDAY or not _TAG.match(key)
} | _WORDS


def _tagged(keys: Sequence[str]) -> bool:
    """True when most headings are tags of two letters: only then AU, DE or AN are headings at all."""
    filled = [key for key in keys if key]
    tags = [key for key in filled if _TAG.fullmatch(key) and key not in _EVERYDAY - {"an"}]
    return len(tags) * 2 > len(filled) and any(key in _FIELD_OF for key in tags)


def heading_key(heading: str) -> str:
    """A heading as it is compared: letters and digits in lower case, without accents.

    >>> heading_key("Author(s) – Full Names"), heading_key("Título")
    ('authorsfullnames', 'titulo')
    """
    plain = unicodedata.normalize("NFKD", heading.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c)))


def preset_of(header: Sequence[str]) -> Preset | None:
    """The first known layout whose headings are all there."""
    keys = {heading_key(heading) for heading in header}
    return next((preset for preset in PRESETS if preset.fits(keys)), None)


def meanings(header: Sequence[str], preset: Preset | None = None) -> list[str]:
    """The field each column feeds, "" where none is known."""
    means = preset.means if preset else {}
    keys = [heading_key(heading) for heading in header]
    known = _FIELD_OF if preset or _tagged(keys) else _UNTAGGED
    found = [means.get(key, known.get(key, "")) if key else "" for key in keys]
    if "volume" in found:
        found = [name or _LETTERS.get(key, "") for key, name in zip(keys, found, strict=True)]
    best = {name: in_order(header, found)[name][0] for name in ("title", "abstract") if name in found}
    for place, (key, name) in enumerate(zip(keys, found, strict=True)):
        if key in _NUMBERS and (not place or found[place - 1] != "volume"):
            found[place] = ""
        elif name in best and place != best[name] and key != keys[best[name]]:
            found[place] = "" if key in DOUBTFUL else f"{name}_original"
    return found


def in_order(header: Sequence[str], fields: Iterable[str]) -> dict[str, list[int]]:
    """Which columns feed which field, best first: {"title": [3], "authors": [1, 0], ...}."""
    places: dict[str, list[tuple[int, int]]] = {}
    for index, name in enumerate(fields):
        if name:
            key = heading_key(header[index])
            ranks = HEADINGS.get(name, ())
            places.setdefault(name, []).append(
                (ranks.index(key) if key in ranks else len(ranks) if name != "citation" else 0, index)
            )
    return {name: [index for _, index in sorted(found)] for name, found in places.items()}


def guess_columns(header: Sequence[str]) -> dict[str, list[int]]:
    """Which columns feed which field, by the headings and the layout they make together."""
    return in_order(header, meanings(header, preset_of(header)))


def looks_like_header(cells: Sequence[str]) -> bool:
    """True when the cells are headings of a table of references rather than one of its rows."""
    if any(len(cell) >= 120 for cell in cells):
        return False
    if len(cells) == 1:
        return heading_key(cells[0]) in _ALONE
    return bool(set(guess_columns(cells)) & _TELLING)

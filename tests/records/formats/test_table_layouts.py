"""The layouts of databases and programs, a made-up record each: what is known of every one."""

import pytest

from records.formats import parse
from records.formats.mapping import table_of

AUTHORS = ["Smith, J.", "Doe, K."]
FULL = ["Smith, John", "Doe, Karen"]
# name: (header, row, expected fields)
LAYOUTS = {
    "scopus": (
        "Authors,Author full names,Author(s) ID,Title,Year,Source title,Volume,Issue,"
        "Art. No.,Page start,Page end,"
        "DOI,Link,Abstract,Author Keywords,Index Keywords,ISSN,PubMed ID,Language of Original Document,"
        "Abbreviated Source Title,Document Type,Source,EID",
        'Smith J.; Doe K.,"Smith, John (5719000001); Doe, Karen (5719000002)",1; 2,'
        'A trial,2020,Journal of Trials,'
        "5,2,,10,19,10.1000/A,https://www.scopus.com/x?eid=2,Text,a; b,B; c,12345678,"
        "30000001,English,J. Tr.,Review,"
        "Scopus,2-s2.0-1",
        {"authors": FULL, "journal": "Journal of Trials", "pages": "10-19", "keywords": ["a", "b", "c"],
         "issn": "1234-5678", "pmid": "30000001", "accession": "2-s2.0-1", "type": "article", "doi": "10.1000/a"},
    ),
    "scopus, older": (
        "Authors,Title,Year,Source title,Volume,Art. No.,Link,Document Type,Source,EID",
        '"Smith J., Doe K., Lopez-Roe M.-J.",A trial,2020,Journal of Trials,5,e12,'
        "https://www.scopus.com/x?eid=2-s2.0-1&doi=10.1000%2fA&partnerID=40,Conference Paper,Scopus,2-s2.0-1",
        {"authors": [*AUTHORS, "Lopez-Roe, M.-J."], "pages": "e12", "doi": "10.1000/a", "type": "conference"},
    ),
    "wos": (
        "Publication Type,Authors,Book Authors,Group Authors,Author Full Names,Article Title,Source Title,"
        "Document Type,Author Keywords,Keywords Plus,Abstract,ISSN,eISSN,Publication Date,"
        "Publication Year,Volume,"
        "Issue,Start Page,End Page,DOI,Pubmed Id,UT (Unique WOS ID)",
        'J,"Smith, J; Doe, K",,The Trialists,"Smith, John; Doe, Karen",A trial,'
        'JOURNAL OF TRIALS,Meeting Abstract,'
        "a; b,C,Text,1234-5678,,JAN,2020,5,2,10,19,10.1000/A,30000001,WOS:0001",
        {"authors": [*FULL, "The Trialists"], "journal": "JOURNAL OF TRIALS", "keywords": ["a", "b", "C"],
         "type": "conference", "accession": "WOS:0001", "pmid": "30000001", "pages": "10-19"},
    ),
    "wos, two letters": (
        "PT\tAU\tAF\tTI\tSO\tDT\tDE\tID\tAB\tSN\tPY\tVL\tIS\tBP\tEP\tDI\tPM\tUT",
        'J\tSmith, J; Doe, K\tSmith, John; Doe,'
        ' Karen\t"A" trial\tJOURNAL OF TRIALS\tArticle\ta; b\tC\tText\t1234-5678'
        "\t2020\t5\t2\t10\t19\t10.1000/A\t30000001\tWOS:0001",
        {"title": '"A" trial', "authors": FULL, "keywords": ["a", "b", "C"], "pages": "10-19", "type": "article"},
    ),
    "pubmed": (
        "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI",
        '30000001,A trial,"Smith J, Doe K.",J Tr. 2020 Jan;5(2):10-19. doi: 10.1000/a.,'
        'Smith J,J Tr,2020,2021/01/01,'
        "PMC1234567,,10.1000/a",
        {"authors": ["Smith, J", "Doe, K"], "volume": "5", "issue": "2", "pages": "10-19", "year": 2020,
         "pmcid": "PMC1234567", "journal": "J Tr"},
    ),
    "pubmed, of before 2020": (
        "Title,URL,Description,Details,ShortDetails,Resource,Type,Identifiers,Db,EntrezUID,Properties",
        'A trial,/pubmed/30000001,"Smith J, Doe K.",J Tr. 2012 Jan;5(2):10-9. doi: 10.1000/x.,J Tr.  2012,PubMed,'
        "citation,PMID:30000001 | PMCID:PMC1234567,pubmed,30000001,create date:2013/01/01",
        {"authors": ["Smith, J", "Doe, K"], "journal": "J Tr", "year": 2012, "volume": "5", "issue": "2",
         "pages": "10-9", "pmid": "30000001", "pmcid": "PMC1234567", "type": "article"},
    ),
    "embase": (
        "Title,Original Title,Author Names,Source,Abstract,Emtree Drug Index Terms,Emtree Medical Index Terms,"
        "Article Language,Medline PMID,PUI,DOI,Embase Accession ID,Open URL Link",
        'A trial,,"Smith J., Doe K.",'
        'Journal of Trials (2020) 5:2 (10-19). Date of Publication: 1 Jan 2020,Text,'
        '"drug a (drug therapy, adverse drug reaction), drug b","aged, article",English,30000001,L1,,L2,'
        "http://x.org/?sid=EMBASE&issn=12345678&id=doi:10.1000%2FA&atitle=x",
        {"authors": AUTHORS, "journal": "Journal of Trials", "volume": "5", "issue": "2", "pages": "10-19",
         "keywords": ["aged", "article", "drug a (drug therapy, adverse drug reaction)", "drug b"], "year": 2020,
         "doi": "10.1000/a", "issn": "1234-5678", "language": "English"},
    ),
    "covidence": (
        "Title,Authors,Abstract,Published Year,Published Month,Journal,Volume,Issue,Pages,"
        "Accession Number,DOI,Ref,"
        "Covidence #,Study,Notes,Tags",
        'A trial,"Smith, J.; Doe, K.",Text,2020,Jan,J Tr,5,2,10-19,30000001,10.1000/a,,#7,Smith 2020,,letter',
        {"authors": AUTHORS, "pmid": "30000001", "year": 2020, "accession": "#7"},
    ),
    "rayyan": (
        "key,title,year,month,day,journal,issn,volume,issue,pages,authors,url,language,"
        "publisher,location,abstract,"
        "notes,doi,keywords,pubmed_id,pmc_id",
        'rayyan-1,A trial,2020,1,2,J Tr,12345678 (ISSN),5,2,10-19,"Smith, J. and Doe, K.",'
        'https://x.org,English,P,'
        '"[""Uni X, Y"", ""Uni Z""]",Text,Cited By :2,,a;b,30000001,PMC1234567',
        {"authors": AUTHORS, "keywords": ["a", "b"], "pmid": "30000001", "pmcid": "PMC1234567",
         "issn": "1234-5678", "accession": "rayyan-1"},
    ),
    "asreview": (
        "record_id,title,abstract,authors,keywords,asreview_label,asreview_time",
        "3,A trial,Text,\"['Smith, J.', 'Doe, K.']\",\"['a', 'b, c']\",1,2024-01-01",
        {"authors": AUTHORS, "keywords": ["a", "b, c"], "year": None},
    ),
    "ieee": (
        "Document Title,Authors,Author Affiliations,Publication Title,"
        "Date Added To Xplore,Publication Year,Volume,"
        "Issue,Start Page,End Page,Abstract,ISSN,ISBNs,DOI,PDF Link,Author Keywords,"
        "IEEE Terms,Document Identifier",
        "A trial,J. Smith; K. Doe,Uni,Proc. of Trials,1 Jan 2021,2020,5,2,10,19,Text,,"
        "978-1-2345-6789-7,10.1000/a,"
        "https://x.org,a;b,B;c,IEEE Conferences",
        {"authors": AUTHORS, "journal": "Proc. of Trials", "keywords": ["a", "b", "c"], "type": "conference"},
    ),
    "springer": (
        "Item Title,Publication Title,Book Series Title,Journal Volume,Journal Issue,Item DOI,Authors,"
        "Publication Year,URL,Content Type",
        "A trial,Trials Today,,5,2,10.1000/a,Dr. John SmithKaren Doe,2020,http://x.org,Chapter",
        {"authors": FULL, "journal": "Trials Today", "type": "chapter", "volume": "5"},
    ),
    "lens": (
        "Lens ID,Title,Date Published,Publication Year,Publication Type,Source Title,"
        "ISSNs,Author/s,Abstract,Volume,"
        "Issue Number,Start Page,End Page,Fields of Study,Keywords,MeSH Terms,Source URLs,"
        "External URL,PMID,DOI,PMCID",
        "000-1,A trial,2020-02-03,2020,journal article,J Tr,12345678; 12345679,"
        "John Smith; Karen Doe,Text,5,2,10,19,"
        "F,a; b,M,https://x.org https://y.org,http://dx.doi.org/10.1000/a,30000001,10.1000/a,PMC1234567",
        {"authors": FULL, "type": "article", "pages": "10-19", "issn": "1234-5678", "accession": "000-1"},
    ),
    "dimensions": (
        "Rank,Publication ID,DOI,PMID,PMCID,Title,Abstract,Source title,Anthology title,"
        "MeSH terms,Publication Date,"
        "PubYear,Volume,Issue,Pagination,Open Access,Publication Type,Authors,Dimensions URL",
        '1,pub.1,10.1000/a,30000001,PMC1234567,A trial,Text,J Tr,,Aged; Humans,2020-01-01,'
        '2020,5,2,10-19,Closed,Article,'
        '"Smith, John; Doe, Karen",https://x.org',
        {"authors": FULL, "accession": "pub.1", "keywords": ["Aged", "Humans"], "pages": "10-19"},
    ),
    "openalex": (
        "id,doi,display_name,publication_year,publication_date,type,language,"
        "primary_location.source.display_name,"
        "primary_location.source.issn_l,authorships.author.display_name,biblio.volume,"
        "biblio.issue,biblio.first_page,"
        "biblio.last_page,ids.pmid,keywords.display_name,abstract",
        "https://openalex.org/W1,https://doi.org/10.1000/A,A trial,2020,2020-01-01,article,en,J Tr,1234-5678,"
        "John Smith|Karen Doe,5,2,10,19,https://pubmed.ncbi.nlm.nih.gov/30000001,a|b,Text",
        {"authors": FULL, "pmid": "30000001", "keywords": ["a", "b"], "pages": "10-19", "doi": "10.1000/a"},
    ),
    "bvs": (
        "ID,Title,Authors,Source,Journal,Database,Type,Language,Publication year,Descriptor(s),Keyword(s),"
        "Publication Country,Fulltext URL, Abstract,Entry Date,Volume number,Issue number,DOI,ISSN",
        'mdl-30000001,A trial,"Smith, John; Doe, Karen","J Tr;5(2): 10-19, 2020 Jan.",'
        'J Tr,MEDLINE,article,en,2020,'
        "Aged; Humans,a,GB,https://x.org,Text,20210101,5,2,10.1000/a,1234-5678",
        {"authors": FULL, "pages": "10-19", "pmid": "30000001", "keywords": ["a", "Aged", "Humans"]},
    ),
    "scielo": (
        "ID,Title,Author(s),Source,Journal,Language(s),Publication year,Fulltext URL",
        'S1-scl,A trial,"Doe Smith, John, Roe, Karen Ann",J Tr; 5(2); 10-19,J Tr,English,2020,http://x.org',
        {"authors": ["Doe Smith, John", "Roe, Karen Ann"], "volume": "5", "issue": "2", "pages": "10-19"},
    ),
    "refworks": (
        'Reference Type,"Authors, Primary",Title Primary,Periodical Full,'
        'Periodical Abbrev,Pub Year,Volume,Issue,'
        "Start Page,Other Pages,Keywords,Abstract,Notes,ISSN/ISBN,Original Foreign Title,Links,DOI",
        'Journal Article,"Smith,John;Doe,Karen",A trial,Journal of Trials,J Tr,2020,5,2,'
        '10,19,a;b,Text,n,1234-5678,X,'
        "https://x.org,10.1000/a",
        {"authors": FULL, "journal": "Journal of Trials", "pages": "10-19", "title": "A trial"},
    ),
    "zotero": (
        "Key,Item Type,Publication Year,Author,Title,Publication Title,ISBN,ISSN,DOI,Url,"
        "Abstract Note,Date,Pages,"
        "Issue,Volume,Manual Tags,Automatic Tags,Extra",
        'K1,conferencePaper,2020,"Smith, John; Doe, Karen",A trial,J Tr,,1234-5678,'
        '10.1000/a,https://x.org,Text,'
        "2020-01-01,10-19,2,5,a; b,C,PMID: 30000001",
        {"authors": FULL, "type": "conference", "keywords": ["a", "b", "C"], "pmid": "30000001"},
    ),
    "publishorperish": (
        "Cites,Authors,Title,Year,Source,Publisher,ArticleURL,CitesURL,GSRank,QueryDate,"
        "Type,DOI,ISSN,CitationURL,"
        "Volume,Issue,StartPage,EndPage,ECC,CitesPerYear,CitesPerAuthor,AuthorCount,Age,"
        "Abstract,FullTextURL,RelatedURL",
        '9,"J Smith, KL Doe, …",A trial,2020,J Tr,x.org,https://x.org/a,,1,2021-02-03,PDF,'
        '10.1000/a,,,5,2,10,19,9,1,1,2,3,'
        "Text,https://x.org/f,",
        {"authors": ["Smith, J", "Doe, KL"], "journal": "J Tr", "pages": "10-19", "year": 2020,
         "url": "https://x.org/f"},
    ),
    "ebsco": (
        "Article Title,Author,Journal Title,ISSN,ISBN,Publication Date,Volume,Issue,First Page,Page Count,"
        "Accession Number,DOI,Publisher,Doctype,Subjects,Keywords,Abstract,PLink",
        'A trial,"Smith, John;Doe, Karen",J Tr,12345678,,20200115,5,2,10,10,123456789,'
        '10.1000/a,P,Article,a; b,c,Text,'
        "https://x.org",
        {"authors": FULL, "pages": "10", "year": 2020, "keywords": ["c", "a", "b"], "accession": "123456789"},
    ),
    "proquest": (
        "Title,Abstract,StoreId,ArticleType,Authors,documentType,entryDate,issn,issue,"
        "language,pubdate,pubtitle,"
        "startPage,subjectTerms,volume,year,digitalObjectIdentifier,DocumentURL",
        'A trial,Text,123,Scholarly Journals,"Smith, John; Doe, Karen",Journal Article,'
        '2021-01-01,1234-5678,2,English,'
        '"Jan 15, 2020",Journal of Trials,10,a; b,5,2020,10.1000/a,https://x.org',
        {"authors": FULL, "journal": "Journal of Trials", "pages": "10", "year": 2020, "type": "article"},
    ),
    "clinicaltrials.gov": (
        "NCT Number,Study Title,Study URL,Acronym,Study Status,Brief Summary,"
        "Study Results,Conditions,Interventions,"
        "Sponsor,Phases,Study Type,Start Date,Completion Date,First Posted",
        "NCT01234567,A trial,https://clinicaltrials.gov/study/NCT01234567,TRY,COMPLETED,"
        "Text,NO,Flu|Cold,DRUG: x|OTHER: y,S,"
        "PHASE2,INTERVENTIONAL,2020-01-01,2021-01-01,2019-05-06",
        {"type": "register", "registry_ids": ["NCT01234567"], "accession": "NCT01234567", "abstract": "Text",
         "keywords": ["Flu", "Cold", "DRUG: x", "OTHER: y"], "year": 2019, "earlier": []},
    ),
    "clinicaltrials.gov, legacy": (
        "Rank,NCT Number,Title,Acronym,Status,Study Results,Conditions,Interventions,Phases,Start Date,URL",
        "1,NCT01234567,A trial,,Completed,No Results Available,Flu|Cold,Drug: x,Phase 2,\"January 1, 2020\","
        "https://ClinicalTrials.gov/show/NCT01234567",
        {"type": "register", "registry_ids": ["NCT01234567"], "keywords": ["Flu", "Cold", "Drug: x"], "year": 2020},
    ),
    "ictrp": (
        "TrialID,Last Refreshed on,Public title,Scientific title,Acronym,Primary sponsor,Date registration,"
        "Source Register,web address,Recruitment Status,Study type,Condition,Intervention",
        "ACTRN12605000028628,1 May 2021,A trial,A scientific trial,,S,03/02/2020,ANZCTR,"
        "https://anzctr.org.au/x,"
        "Completed,Interventional,Flu;Cold,x",
        {"type": "register", "registry_ids": ["ACTRN12605000028628"], "year": 2020, "keywords": ["Flu", "Cold", "x"]},
    ),
    "retractionwatch": (
        "Record ID,Title,Subject,Institution,Journal,Publisher,Country,Author,URLS,ArticleType,RetractionDate,"
        "RetractionDOI,RetractionPubMedID,OriginalPaperDate,OriginalPaperDOI,"
        "OriginalPaperPubMedID,RetractionNature,"
        "Reason,Paywalled,Notes",
        "7,A trial,(B/T) X;(HSC) Y;,Uni,J Tr,P,NL,John Smith;Karen Doe,,Research Article;,"
        "7/31/2024 0:00,10.1000/r,0,"
        "1/2/2020 0:00,10.1000/a,30000001,Retraction,+Error;,No,n",
        {"authors": FULL, "doi": "10.1000/a", "pmid": "30000001", "year": 2020},
    ),
    "distillersr": (
        "Refid,Bibliography,Author,Title,Journal,Year,Abstract",
        '7,"Smith 2020","Smith, J.; Doe, K.",A trial,J Tr,2020,Text',
        {"authors": AUTHORS, "accession": "7"},
    ),
    "eppi": (
        "ItemId,Type,Title,ParentTitle,ShortTitle,Authors,Year,Month,Volume,Issue,Pages,DOI,Abstract,URL",
        '7,"Journal, Article",A trial,J Tr,Smith (2020),Smith John ; Doe Karen ;,2020,Jan,'
        '5,2,10-19,10.1000/a,Text,x.org',
        {"journal": "J Tr", "pages": "10-19", "accession": "7"},
    ),
    "ovid": (
        "VN,DB,UI,TI,AU,SO,AB,IS,DO",
        'Ovid Technologies,Ovid MEDLINE(R),30000001,A trial,"Smith J; Doe K",'
        '"Journal of Trials. 5(2):10-19, 2020 Jan.",'
        "Text,1234-5678,10.1000/a",
        {"authors": ["Smith, J", "Doe, K"], "journal": "Journal of Trials", "volume": "5", "pages": "10-19",
         "year": 2020, "issue": "2", "issn": "1234-5678"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name):
    header, row, expected = LAYOUTS[name]
    data = f"{header}\n{row}\n".encode()
    table = table_of(data)
    assert (table.preset, table.sure) == (name.split(",")[0], True)
    (record,) = parse(data)
    assert "trial" in record.title
    assert {field: getattr(record, field) for field in expected} == expected


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_guess_confirmed_is_the_guess(name):
    header, row, _ = LAYOUTS[name]
    data = f"{header}\n{row}\n".encode()
    (plain,), (mapped,) = parse(data), parse(data, mapping=table_of(data).guess)
    for field in (
        "title",
        "authors",
        "year",
        "journal",
        "volume",
        "issue",
        "pages",
        "doi",
        "pmid",
        "abstract",
        "earlier",
    ):
        assert getattr(mapped, field) == getattr(plain, field)


class TestEmbaseByRows:
    DATA = (
        b'"SEARCH QUERY","(\'x\':ti)"\n\n'
        b'"TITLE","A trial of x, y"\n"AUTHOR NAMES","Smith J.","Doe K."\n'
        b'"SOURCE","Journal of Trials (2020) 5:2 (10-19). Date of Publication: 1 Jan 2020"\n'
        b'"PUBLICATION YEAR","2020"\n"EMTREE MEDICAL INDEX TERMS","aged (therapy, drug)","article"\n'
        b'"ABSTRACT","One.\nTwo."\n"MEDLINE PMID","30000001"\n"DOI","10.1000/A"\n\n'
        b'"TITLE","Second"\n"AUTHOR NAMES","Roe R."\n"PUBLICATION YEAR","2019"\n"PUI","L1"\n'
    )

    def test_records(self):
        first, second = parse(self.DATA)
        assert (first.title, first.authors, first.journal) == (
            "A trial of x, y",
            AUTHORS,
            "Journal of Trials",
        )
        assert (first.volume, first.issue, first.pages, first.year) == ("5", "2", "10-19", 2020)
        assert (first.keywords, first.abstract) == (["aged (therapy, drug)", "article"], "One. Two.")
        assert (first.pmid, first.doi, first.line) == ("30000001", "10.1000/a", 3)
        assert first.raw.startswith('"TITLE","A trial')
        assert (second.title, second.authors, second.accession) == ("Second", ["Roe, R."], "L1")

    def test_are_shown_as_a_table(self):
        table = table_of(self.DATA)
        assert (table.preset, table.sure, len(table.rows)) == ("embase", True, 2)
        assert table.columns[:3] == ["TITLE", "AUTHOR NAMES", "SOURCE"]
        assert table.rows[1][0] == "Second"


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Smith JA, Doe K", ["Smith, JA", "Doe, K"]),
        ("Smith, J., Doe, K.", AUTHORS),
        ("Smith, J. and Doe, K.", AUTHORS),
        ("Smith, J. & Doe, K.", AUTHORS),
        ("Smith, J., Doe, K., & Roe, R.", [*AUTHORS, "Roe, R."]),
        ("John Smith, Karen Doe, and Rob Roe", [*FULL, "Roe, Rob"]),
        ("de Souza, Maria Clara", ["de Souza, Maria Clara"]),
        ("van der Berg J, O'Neil P", ["van der Berg, J", "O'Neil, P"]),
        ("Smith, John; Doe, Karen; et al.", FULL),
        ("John Smith, Karen Doe", FULL),
        ("John Smith|Karen Doe", FULL),
        ("Smith, John, Doe, Karen", FULL),
        ("Smith, John // Doe, Karen", FULL),
        ("Smith, John\nDoe, Karen", FULL),
        ("['Smith, John', 'Doe, Karen']", FULL),
        ('["John Smith", "Karen Doe"]', FULL),
        ("World Health Organization", ["World Health Organization"]),
        ("Smith, J.", ["Smith, J."]),
        ("Smith, J.-A. B.", ["Smith, J.-A. B."]),
        ("[]", []),
        ("NA", []),
    ],
)
def test_authors_in_one_cell(cell, names):
    quoted = cell.replace('"', '""')
    (record,) = parse(f'title,authors,year\nA,"{quoted}",2020\n'.encode())
    assert record.authors == names


@pytest.mark.parametrize(
    ("cells", "last"),
    [
        (["Smith, J; Doe, K", "García Márquez, Gabriel José"], ["García Márquez, Gabriel José"]),
        (["Smith, J; Doe, K", "Smith, John, Jr"], ["Smith, John, Jr"]),
        (["John Smith; Karen Doe", "Ann Lee; Bo Kim", "Rob Roe"], ["Roe, Rob"]),
        (["Smith J; Doe K", "World Health Organization"], ["World Health Organization"]),
    ],
)
def test_one_author_is_read_as_the_others_of_the_column(cells, last):
    rows = "".join(f'T,2020,"{cell}"\n' for cell in cells)
    assert [*parse(f"title,year,authors\n{rows}".encode())][-1].authors == last


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["a; b", "c"], [["a", "b"], ["c"]]),
        (["a, b, c", "d, e, f"], [["a", "b", "c"], ["d", "e", "f"]]),
        (["Child, Preschool", "Aged"], [["Child, Preschool"], ["Aged"]]),
        (["Child, Preschool; Aged", "a, b, c"], [["Child, Preschool", "Aged"], ["a, b, c"]]),
        (["a|b", "c"], [["a", "b"], ["c"]]),
        (["['a', 'b, c']", "[]"], [["a", "b, c"], []]),
    ],
)
def test_keywords_are_parted_by_what_their_column_uses(cells, words):
    rows = "".join(f'T,2020,"{cell}"\n' for cell in cells)
    assert [r.keywords for r in parse(f"title,year,keywords\n{rows}".encode())] == words


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Randomized Controlled Trial", "article"),
        ("Observational Study", "article"),
        ("Journal Article; Clinical Trial", "article"),
        ("Trial registry record", "register"),
        ("Conference Paper", "conference"),
        ("Book Chapter", "chapter"),
        ("Dissertation/Thesis", "thesis"),
        ("JOUR", "article"),
        ("CHAP", "chapter"),
        ("Dataset", "other"),
        ("", "article"),
    ],
)
def test_kinds_of_work(word, kind):
    (record,) = parse(f"title,year,Publication type\nA,2020,{word}\n".encode())
    assert record.type == kind


class TestHeadingsThatMislead:
    def test_a_count_of_rows_is_no_issue(self):
        (record,) = parse(b"No.,Title,Authors,Year\n17,A,Smith J,2020\n")
        assert (record.issue, record.extra) == ("", {"No.": ["17"]})
        (record,) = parse(b"Title,Volume,No.,Year\nA,5,17,2020\n")
        assert (record.volume, record.issue) == ("5", "17")

    def test_the_database_is_no_journal(self):
        first, second = parse(b"Title,Authors,Year,Source\nA,Smith J,2020,Embase\nB,Doe K,2021,Lancet\n")
        assert (first.journal, second.journal) == ("", "Lancet")

    def test_names_are_no_titles_where_there_is_a_title(self):
        (record,) = parse(b"Name,Title,Abstract,Summary\nBob,A,Text,Mine\n")
        assert (record.title, record.abstract) == ("A", "Text")
        assert record.extra == {"Name": ["Bob"], "Summary": ["Mine"]}

    def test_an_abstract_in_another_language_stands_in(self):
        first, second = parse(b"Title,Year,Abstract,Resumen\nA,2020,Text,Texto\nB,2021,,Texto\n")
        assert (first.abstract, second.abstract) == ("Text", "Texto")

    def test_a_reference_in_full_gives_no_journal(self):
        (record,) = parse(b'Title,Citation\nA,"Smith J. A. Lancet 2020;5(2):10-19."\n')
        assert (record.journal, record.year, record.pages) == ("", 2020, "10-19")

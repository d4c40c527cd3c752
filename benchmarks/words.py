"""The words of which `synthetic.py` makes titles, names, journals and abstracts; a bar stands between two entries."""

CONDITIONS = """\
chronic depression|heart failure|type 2 diabetes|stroke|asthma|rheumatoid arthritis|knee osteoarthritis|
insomnia|schizophrenia|hypertension|breast cancer|colorectal cancer|lung cancer|prostate cancer|
chronic kidney disease|postoperative pain|migraine|epilepsy|multiple sclerosis|Parkinson's disease|
dementia|delirium|sepsis|pneumonia|COPD|atrial fibrillation|obesity|anorexia nervosa|
post-traumatic stress disorder|generalised anxiety disorder|psoriasis|atopic dermatitis|Crohn's disease|
ulcerative colitis|irritable bowel syndrome|cirrhosis|hepatitis C|HIV infection|tuberculosis|malaria|
preterm birth|pre-eclampsia|gestational diabetes|endometriosis|infertility|osteoporosis|hip fracture|
low back pain|fibromyalgia|venous leg ulcers|periodontitis|dental caries|glaucoma|
age-related macular degeneration|hearing loss|tinnitus|autism spectrum disorder|
attention deficit hyperactivity disorder|alcohol dependence|smoking|opioid use disorder|burns|
pressure ulcers|anaemia|thalassaemia|lymphoma|multiple myeloma|melanoma|glioblastoma|pancreatic cancer|
urinary incontinence|overactive bladder|gout|systemic lupus erythematosus|cystic fibrosis|bronchiolitis|
croup|otitis media|acute appendicitis|gallstones|inguinal hernia|varicose veins|deep vein thrombosis|
pulmonary embolism|acute myocardial infarction|peripheral arterial disease|Alzheimer's disease|
bipolar disorder""".replace("\n", "").split("|")
TREATMENTS = """\
cognitive behavioural therapy|mindfulness|exercise training|yoga|acupuncture|nurse-led care|
telemonitoring|motivational interviewing|a mobile application|peer support|school-based education|
vitamin D|zinc|omega-3 fatty acids|probiotics|early mobilisation|music therapy|virtual reality|
cash transfers|text messages|shared decision making|low-dose aspirin|statins|metformin|beta-blockers|
radiotherapy|laparoscopic surgery|robot-assisted surgery|screening|pulmonary rehabilitation|
cardiac rehabilitation|vestibular rehabilitation|parent training|family therapy|light therapy|
transcranial magnetic stimulation|electroconvulsive therapy|hyperbaric oxygen|mirror therapy|
compression bandages|continuous positive airway pressure|intermittent fasting|a Mediterranean diet|
fluoride varnish|hand hygiene""".replace("\n", "").split("|")
PEOPLE = """\
adults|children|adolescents|older people|women|men|pregnant women|veterans|nursing home residents|
students|health professionals|caregivers|survivors|patients in primary care|inpatients|outpatients|
infants|athletes|migrants""".replace("\n", "").split("|")
DESIGNS = """\
a randomised controlled trial|a randomized, double-blind, placebo-controlled trial|a systematic review|
a systematic review and meta-analysis|a cohort study|a cross-sectional survey|a case-control study|
a pilot study|a qualitative study|a feasibility study|a cluster randomised trial|a crossover trial|
an economic evaluation|a retrospective analysis|a network meta-analysis|a prospective study|
a mixed-methods study|a case series""".replace("\n", "").split("|")
OUTCOMES = """\
quality of life|mortality|pain|adherence|functional capacity|symptom severity|hospital readmission|
sleep quality|costs|cognition|fatigue|blood pressure|body weight|survival|relapse|anxiety|self-efficacy|
disability|infection rates|glycaemic control|bone density|wound healing|length of stay|return to work|
caregiver burden|inflammation|gait speed""".replace("\n", "").split("|")
PLACES = """\
Brazil|China|India|Nigeria|Sweden|Japan|rural Kenya|the Netherlands|South Korea|Iran|Mexico|Italy|
Germany|Turkey|Egypt|Spain|Canada|Australia|Vietnam|Norway|Poland|Chile|Uganda|Bangladesh|France|
Portugal|Thailand""".replace("\n", "").split("|")
FIELDS = """\
Depression|Psychiatry|Cardiology|Clinical Oncology|Diabetes|Nursing|Pain|Surgery|Neurology|Pediatrics|
Epidemiology|Public Health|Gastroenterology|Internal Medicine|Psychology|Rehabilitation|Nutrition|
Infection|Nephrology|Dermatology|Rheumatology|Obstetrics and Gynecology|Respiratory Medicine|
Hypertension|Geriatrics|Sleep Medicine|Anesthesiology|Emergency Medicine|Dentistry|Ophthalmology|Urology|
Endocrinology|Addiction|Sports Medicine|Immunology""".replace("\n", "").split("|")
JOURNALS = """\
Journal of {}|International Journal of {}|European Journal of {}|British Journal of {}|{} Research|
American Journal of {}|{} and Therapy|Clinical {}|Annals of {}|Archives of {}|Current Opinion in {}|
{} Letters|Scandinavian Journal of {}|BMC {}|Advances in {}|{} Reviews|Frontiers in {}|
Chinese Journal of {}""".replace("\n", "").split("|")
FAMILIES = """\
Smith|Wang|Li|Zhang|Kim|Lee|Chen|Garcia|Müller|Nguyen|Patel|Khan|Silva|Santos|Rossi|Johansson|Jensen|
Suzuki|Tanaka|Kowalski|Novák|Öztürk|Ivanova|Okafor|Mensah|van der Berg|de Vries|O'Brien|Hernández|López|
Brown|Jones|Taylor|Singh|Kumar|Park|Liu|Yang|Huang|Martin|Dubois|García-Pérez|Schmidt|Løvås|Sørensen|
Björk|Çelik|Popescu|Nagy|Haddad""".replace("\n", "").split("|")
STARTS = """\
Bar|Ber|Cal|Dar|El|Fen|Gal|Har|Il|Jor|Kal|Lan|Mar|Nor|Ol|Pel|Quin|Ram|Sal|Tor|Ul|Var|Wes|Yil|Zan|Ash|Bro|
Cres|Dun""".replace("\n", "").split("|")
MIDDLES = """\
a|e|i|o|u|an|en|in|on|ar|er|ir|or|al|el|il|ol|as|es|is|os""".replace("\n", "").split("|")
ENDS = """\
son|ton|sen|ski|ova|ini|ez|berg|mann|field|ström|oglu|aki|moto|wal|pour|quist|ard|ette|ley|nen|dis|escu|
vić|jee""".replace("\n", "").split("|")
GIVEN = """\
Anna|Maria|John|James|Wei|Yan|Jun|Li|Ahmed|Fatima|Carlos|Lucia|Peter|Hans|Ingrid|Sofia|Elena|Ivan|Yuki|
Hiro|Priya|Raj|David|Sarah|Emma|Lars|Nils|Chloé|Zoë|José|André|Mehmet|Ayşe|Grace|Samuel|Ruth|Olga|Paul|
Laura|Thomas""".replace("\n", "").split("|")
FILLERS = """\
were|was|in|of|the|and|with|to|at|for|between|after|during|compared|significantly|group|groups|
participants|baseline|follow-up|weeks|months|intervention|control|mean|difference|reported|measured|
assessed|primary|secondary|outcome|analysis|showed|improved|reduced|increased|associated|results|suggest|
effect|risk|ratio|interval|confidence|however|further""".replace("\n", "").split("|")
GENERIC = """\
Editorial|Abstracts|Introduction|Letters to the editor|Correspondence|Index|In this issue|Book reviews|
Foreword""".replace("\n", "").split("|")
DRUG_STARTS = """\
ala|beva|cana|dapa|eto|fluvo|gemi|ibru|keta|lira|mira|nilo|olan|pemi|quine|riva|sita|tofa|ustu|vena|zona""".replace(
    "\n", ""
).split("|")
DRUG_ENDS = """\
mab|tinib|gliptin|gliflozin|pril|sartan|statin|oxetine|azepam|idone|prazole|xaban|cillin|mycin|triptan|
zumab""".replace("\n", "").split("|")

#: Words of journal names as they are abbreviated.
SHORT = {
    "Journal": "J", "International": "Int", "European": "Eur", "British": "Br", "Research": "Res", "American": "Am",
    "Clinical": "Clin", "Annals": "Ann", "Archives": "Arch", "Current": "Curr", "Opinion": "Opin", "Reviews": "Rev",
    "Letters": "Lett", "Scandinavian": "Scand", "Advances": "Adv", "Frontiers": "Front", "Chinese": "Chin",
    "Psychiatry": "Psychiatry", "Cardiology": "Cardiol", "Oncology": "Oncol", "Nursing": "Nurs", "Surgery": "Surg",
    "Neurology": "Neurol", "Pediatrics": "Pediatr", "Epidemiology": "Epidemiol", "Public": "Public",
    "Gastroenterology": "Gastroenterol", "Internal": "Intern", "Medicine": "Med", "Psychology": "Psychol",
    "Rehabilitation": "Rehabil", "Nutrition": "Nutr", "Infection": "Infect", "Nephrology": "Nephrol",
    "Dermatology": "Dermatol", "Rheumatology": "Rheumatol", "Obstetrics": "Obstet", "Gynecology": "Gynecol",
    "Respiratory": "Respir", "Hypertension": "Hypertens", "Geriatrics": "Geriatr", "Anesthesiology": "Anesthesiol",
    "Emergency": "Emerg", "Dentistry": "Dent", "Ophthalmology": "Ophthalmol", "Urology": "Urol",
    "Endocrinology": "Endocrinol", "Addiction": "Addict", "Sports": "Sports", "Immunology": "Immunol",
    "Therapy": "Ther", "Depression": "Depress", "of": "", "and": "", "in": "",
}  # fmt: skip

"""What stands around a value: sentences of several languages, forms, logs and code.

`{}` is the value. Where a label belongs to it (`[passport no. {}]`), the brackets, which are left out, say that a
finding may include the label: detectors differ there, and both are right.
"""

# Types that are written the same everywhere, in sentences of each language.
SENTENCES: dict[str, dict[str, list[str]]] = {
    "EMAIL": {
        "en": [
            "Write to {} before Friday.",
            "My address is {}, please use it.",
            "cc: {}",
            "The form was sent by <{}>.",
            "Contact ({}) for details.",
        ],
        "de": ["Bitte schreiben Sie an {}.", "Meine Adresse lautet {}; danke.", "Kontakt: {}"],
        "fr": ["Vous pouvez écrire à {} pour en savoir plus.", "Mon adresse est {}.", "Courriel : {}"],
        "es": ["Escríbame a {}, por favor.", "El correo de contacto es {}.", "Correo: {}"],
        "it": ["Scrivi a {} per informazioni.", "La mia email è {}."],
    },
    "PHONE_NUMBER": {
        "en": [
            "Call me at {} after lunch.",
            "You reach the office under {}.",
            "Tel.: {}",
            "Her mobile number is {}, I think.",
            "phone={}",
            "Text {} to confirm.",
        ],
        "de": ["Sie erreichen mich unter {}.", "Telefon: {}", "Bitte rufen Sie {} an."],
        "fr": ["Appelez-moi au {} ce soir.", "Tél. : {}", "Son numéro est le {}."],
        "es": ["Llámame al {} mañana.", "Teléfono: {}", "Mi número es el {}."],
        "it": ["Chiamami al {}.", "Telefono: {}"],
    },
    "CREDIT_CARD": {
        "en": [
            "Please charge my card {} for both nights.",
            "The card number is {}, valid until next year.",
            "card: {}",
            "I paid with {} and was charged twice.",
            '"pan": "{}"',
        ],
        "de": ["Meine Kreditkarte {} wurde zweimal belastet.", "Kartennummer: {}"],
        "fr": ["Ma carte {} a été refusée.", "Numéro de carte : {}"],
        "es": ["Cobre la tarjeta {} por favor.", "Número de tarjeta: {}"],
        "it": ["La mia carta {} non funziona.", "Numero di carta: {}"],
    },
    "IBAN": {
        "en": ["Transfer the deposit to {} by Monday.", "IBAN: {}", "The refund goes to account {}.", "iban={};"],
        "de": ["Bitte überweisen Sie auf {}.", "IBAN {}", "Die Kontoverbindung lautet {}, wie besprochen."],
        "fr": ["Merci de virer la somme sur {}.", "IBAN : {}"],
        "es": ["Transfiera el importe a {}.", "IBAN: {}"],
        "it": ["Il bonifico va fatto su {}.", "IBAN: {}"],
    },
    "PERSON_NAME": {
        "en": [
            "Yesterday [Mr. {}] signed the lease.",
            "I spoke to [Mrs {}] about it.",
            "[Dr. {}] will see you now.",
            "The talk by [Prof. {}] was cancelled.",
            "Please ask [Ms. {}], she knows.",
            "Is [Miss {}] coming, too?",
            "We thank [Mx. {}] for the help.",
        ],
        "de": ["Gestern hat [Dr. {}] angerufen.", "Die Vorlesung von [Prof. {}] fällt aus."],
        "fr": ["Hier, [Dr {}] a appelé.", "Le cours de [Prof. {}] est annulé."],
        "es": ["Ayer llamó [Dr. {}] por el informe."],
        "it": ["Ieri ha chiamato [Dr. {}] per il referto."],
    },
    "IP_ADDRESS": {
        "en": [
            "The request came from {} last night.",
            "Block {} at the firewall.",
            "ping {} times out",
            "client={} status=200",
            "Our server ({}) is down.",
            "It listens on {}.",
        ],
        "de": ["Der Server {} antwortet nicht.", "Die Anfrage kam von {}."],
        "fr": ["Le serveur {} ne répond plus."],
        "es": ["El servidor {} no responde."],
        "it": ["Il server {} non risponde."],
    },
    "MAC_ADDRESS": {
        "en": [
            "The printer has the address {} on our network.",
            "link/ether {} brd",
            "Please whitelist {}.",
            '{{"mac": "{}"}}',
        ],
        "de": ["Das Gerät mit der MAC {} ist unbekannt."],
        "fr": ["L'appareil {} n'est pas reconnu."],
        "es": ["El dispositivo {} no aparece."],
        "it": ["Il dispositivo {} non compare."],
    },
    "URL_CREDENTIALS": {
        "en": ["DATABASE_URL={}", "Clone it from {} please.", "The app connects to {} at start.", 'url = "{}"'],
        "de": ["Die Anwendung verbindet sich mit {} beim Start."],
        "fr": ["L'application se connecte à {} au démarrage."],
        "es": ["La aplicación se conecta a {} al iniciar."],
        "it": ["L'applicazione si collega a {} all'avvio."],
    },
    "JWT": {
        "en": ["Authorization: Bearer {}", "The token {} has expired.", 'token = "{}"', "cookie: session={}; Path=/"]
    },
    "API_KEY": {
        "en": [
            "export API_KEY={}",
            'api_key = "{}"',
            "I accidentally committed {} to the repository.",
            "x-api-key: {}",
            "Use the key {} for testing.",
        ]
    },
    "AWS_ACCESS_KEY": {
        "en": [
            "aws_access_key_id = {}",
            "AWS_ACCESS_KEY_ID={}",
            "The key {} should be rotated.",
            '"AccessKeyId": "{}",',
        ]
    },
    "PRIVATE_KEY": {"en": ["Here is the file:\n{}\nIs it valid?", "key: |\n{}\n", "{}"]},
    "VIN": {
        "en": [
            "The car with VIN {} was recalled.",
            "VIN: {}",
            "Insure the vehicle {} from today.",
            "chassis {} / colour blue",
        ],
        "de": ["Das Fahrzeug mit der Nummer {} wurde verkauft."],
    },
    "SSN": {
        "en": [
            "My social security number is {}.",
            "SSN: {}",
            "The applicant ({}) has no debts.",
            "ssn={}",
            "Her social is {} and she was hired in May.",
        ]
    },
    "DATE_OF_BIRTH": {
        "en": [
            "She was born on {} in a small town.",
            "DOB: {}",
            "[Date of birth: {}]",
            "The patient, born {}, takes no medication.",
            '"birth_date": "{}"',
        ]
    },
    "PASSPORT_NUMBER": {
        "en": [
            "My [passport number is {}] and expires soon.",
            "[Passport no. {}] was issued last year.",
            "[passport: {}]",
            "I travel on [passport {}].",
            "[Passport #{}], nationality US",
            "[PASSPORT NO: {}]",
        ]
    },
    "DRIVERS_LICENSE": {
        "en": [
            "His [driver's license is {}].",
            "[Driver's license number: {}]",
            "[driver license no. {}], class B",
            "The [drivers licence {}] was suspended.",
            "[Driver's Lic. {}] on file",
        ]
    },
    "MEDICAL_RECORD_NUMBER": {
        "en": [
            "[MRN: {}]",
            "The lab results for [MRN {}] are in.",
            "[Medical record number {}] was merged.",
            "see [medical record #{}]",
            "Patient [MRN#{}], room 4",
            "[Medical Record No. {}]",
        ]
    },
    "DEA_NUMBER": {
        "en": [
            "The prescriber's DEA number is {}.",
            "DEA {} on the prescription",
            "DEA#: {}",
            "Registration {} allows to dispense.",
        ]
    },
    "NPI_NUMBER": {
        "en": [
            "[NPI: {}]",
            "The clinic bills under [NPI {}].",
            "[NPI number {}], cardiology",
            "provider ([NPI# {}])",
            "[National Provider Identifier (NPI): {}]",
        ]
    },
    "AADHAAR": {
        "en": [
            "My Aadhaar is {} and I live in Pune.",
            "Aadhaar no. {}",
            "The applicant gave {} for verification.",
            "uid: {}",
        ]
    },
    "PAN": {
        "en": ["PAN {} is linked to the account.", "My PAN card number is {}.", "Quote {} on the tax form.", "pan={}"]
    },
    "US_BANK_ROUTING": {
        "en": [
            "The [routing number is {}], account follows.",
            "[ABA {}]",
            "[Routing no.: {}]",
            "[bank routing number {}] of our credit union",
            "wire to [ABA routing number {}]",
            "[RTN: {}]",
        ]
    },
}

# Forms, logs, data and tables: any type that needs no sentence.
STRUCTURES = [
    '{{"value": "{}", "checked": true}}',
    "- {}",
    "| 17 | {} | open |",
    "row;{};ok",
    "> {}",
    "*{}*",
    "`{}`",
    "\t{}\n",
    "Re: {}",
    "'{}'",
]
UNLABELLED = [
    "EMAIL",
    "PHONE_NUMBER",
    "SSN",
    "CREDIT_CARD",
    "IP_ADDRESS",
    "IBAN",
    "DEA_NUMBER",
    "AADHAAR",
    "PAN",
    "VIN",
    "MAC_ADDRESS",
    "URL_CREDENTIALS",
    "JWT",
    "API_KEY",
    "AWS_ACCESS_KEY",
]

# What people write between two values, beside Faker's sentences.
FILLER = {
    "en": [
        "The meeting was moved to the second floor.",
        "I will send the rest tomorrow.",
        "Please summarise this for the team.",
        "We have not heard back yet.",
        "The kitchen is closed on Sundays.",
        "Thanks for looking into it!",
    ],
    "de": [
        "Die Sitzung findet im zweiten Stock statt.",
        "Den Rest schicke ich morgen.",
        "Wir haben noch nichts gehört.",
        "Vielen Dank für die Mühe!",
    ],
    "fr": [
        "La réunion aura lieu au deuxième étage.",
        "J'enverrai le reste demain.",
        "Nous n'avons pas encore de nouvelles.",
    ],
    "es": ["La reunión será en el segundo piso.", "Enviaré el resto mañana.", "Todavía no sabemos nada."],
    "it": ["La riunione si terrà al secondo piano.", "Manderò il resto domani.", "Non abbiamo ancora notizie."],
}

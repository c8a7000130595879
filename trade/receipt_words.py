"""The words of a receipt in each language it is printed in, and how that language writes an amount and a share.

The sentences about the margin scheme are those of 2006/112/EC art. 226 (14) in each language.
"""

from typing import Final

import msgspec

from contract.facts import TenderKind
from contract.money import minor_digits

NARROW: Final = "\N{NARROW NO-BREAK SPACE}"


class Words(msgspec.Struct, frozen=True, kw_only=True):
    receipt: str
    return_receipt: str
    gift_receipt: str
    copy: str
    date: str
    served_by: str
    tax_number: str
    serial: str
    weight: str
    list_price: str
    discount: str
    promotion: str
    total: str
    refunded: str
    net: str
    tax: str
    gross: str
    change: str
    rounding: str
    card: str
    approval: str
    stored: str
    rate: str
    margin: str
    exempt: str
    outside: str
    points: str
    """What they are worth when they are spent, for a client does not reckon in the smallest coin. `%s`: the amount."""
    points_least: str
    """Where a tier of the client may earn more."""
    until: str
    tax_paid: str
    """What tax numbers of lines of the first release are called, whose tax has no name."""
    code: str
    check: str
    tenders: dict[TenderKind, str]
    thousands: str
    decimal: str


_EN: Final = Words(
    receipt="Receipt",
    return_receipt="Refund",
    gift_receipt="Gift receipt",
    copy="Copy",
    date="Date",
    served_by="Served by",
    tax_number="Tax no.",
    serial="Serial no.",
    weight="Weight",
    list_price="Price",
    discount="Discount",
    promotion="Promotion",
    total="Total",
    refunded="Refunded",
    net="Net",
    tax="Tax",
    gross="Gross",
    change="Change",
    rounding="Cash rounding",
    card="Card",
    approval="Approval",
    stored="Stored by the terminal, charged later",
    rate="Rate",
    margin="Margin scheme – Second-hand goods",
    exempt="Exempt from tax",
    outside="No tax is due on gift cards and deposits until they are used",
    points="Earned with this purchase: points worth %s",
    points_least="Earned with this purchase: points worth %s or more",
    until="May be spent until",
    tax_paid="Tax",
    code="Code",
    check="Check this receipt",
    tenders={
        TenderKind.CASH: "Cash", TenderKind.CARD: "Card", TenderKind.BANK_TRANSFER: "Bank transfer",
        TenderKind.GIFT_CARD: "Gift card", TenderKind.STORE_CREDIT: "Store credit", TenderKind.TRADE_IN: "Trade-in",
        TenderKind.POINTS: "Points",
        TenderKind.DEPOSIT: "Deposit", TenderKind.EXCHANGE: "Exchange",
    },
    thousands=",",
    decimal=".",
)  # fmt: skip

_FR: Final = Words(
    receipt="Ticket de caisse",
    return_receipt="Remboursement",
    gift_receipt="Ticket cadeau",
    copy="Duplicata",
    date="Date",
    served_by="Servi par",
    tax_number="N° TVA",
    serial="N° de série",
    weight="Poids",
    list_price="Prix",
    discount="Remise",
    promotion="Promotion",
    total="Total",
    refunded="Remboursé",
    net="HT",
    tax="TVA",
    gross="TTC",
    change="Rendu",
    rounding="Arrondi espèces",
    card="Carte",
    approval="Autorisation",
    stored="Enregistré par le terminal, débité plus tard",
    rate="Cours",
    margin="Régime particulier – Biens d’occasion",
    exempt="Exonéré de TVA",
    outside="Cartes cadeaux et acomptes : TVA due à l’utilisation",
    points="Cet achat vous rapporte des points d’une valeur de %s",
    points_least="Cet achat vous rapporte des points d’une valeur d’au moins %s",
    until="Valable jusqu’au",
    tax_paid="TVA",
    code="Code",
    check="Vérifier ce ticket",
    tenders={
        TenderKind.CASH: "Espèces", TenderKind.CARD: "Carte", TenderKind.BANK_TRANSFER: "Virement",
        TenderKind.GIFT_CARD: "Carte cadeau", TenderKind.STORE_CREDIT: "Avoir", TenderKind.TRADE_IN: "Reprise",
        TenderKind.POINTS: "Points de fidélité",
        TenderKind.DEPOSIT: "Acompte", TenderKind.EXCHANGE: "Échange",
    },
    thousands=NARROW,
    decimal=",",
)  # fmt: skip

_DE: Final = Words(
    receipt="Beleg",
    return_receipt="Rückerstattung",
    gift_receipt="Geschenkbeleg",
    copy="Kopie",
    date="Datum",
    served_by="Es bediente Sie",
    tax_number="USt-IdNr.",
    serial="Serien-Nr.",
    weight="Gewicht",
    list_price="Preis",
    discount="Nachlass",
    promotion="Aktion",
    total="Summe",
    refunded="Erstattet",
    net="Netto",
    tax="MwSt.",
    gross="Brutto",
    change="Rückgeld",
    rounding="Barrundung",
    card="Karte",
    approval="Genehmigung",
    stored="Vom Terminal gespeichert, später belastet",
    rate="Kurs",
    margin="Gebrauchtgegenstände/Sonderregelung",
    exempt="Steuerfrei",
    outside="Gutscheine und Anzahlungen: Steuer erst bei Einlösung",
    points="Mit diesem Kauf gesammelt: Punkte im Wert von %s",
    points_least="Mit diesem Kauf gesammelt: Punkte im Wert von mindestens %s",
    until="Einlösbar bis",
    tax_paid="MwSt.",
    code="Code",
    check="Beleg prüfen",
    tenders={
        TenderKind.CASH: "Bar", TenderKind.CARD: "Karte", TenderKind.BANK_TRANSFER: "Überweisung",
        TenderKind.GIFT_CARD: "Gutschein", TenderKind.STORE_CREDIT: "Guthaben", TenderKind.TRADE_IN: "Inzahlungnahme",
        TenderKind.POINTS: "Treuepunkte",
        TenderKind.DEPOSIT: "Anzahlung", TenderKind.EXCHANGE: "Umtausch",
    },
    thousands=".",
    decimal=",",
)  # fmt: skip

_IT: Final = Words(
    receipt="Ricevuta",
    return_receipt="Rimborso",
    gift_receipt="Ricevuta regalo",
    copy="Copia",
    date="Data",
    served_by="Servito da",
    tax_number="P. IVA",
    serial="N. di serie",
    weight="Peso",
    list_price="Prezzo",
    discount="Sconto",
    promotion="Promozione",
    total="Totale",
    refunded="Rimborsato",
    net="Imponibile",
    tax="IVA",
    gross="Lordo",
    change="Resto",
    rounding="Arrotondamento contanti",
    card="Carta",
    approval="Autorizzazione",
    stored="Registrato dal terminale, addebitato in seguito",
    rate="Cambio",
    margin="Regime del margine – beni usati",
    exempt="Esente da IVA",
    outside="Buoni regalo e acconti: IVA dovuta all’utilizzo",
    points="Con questo acquisto: punti per un valore di %s",
    points_least="Con questo acquisto: punti per un valore di almeno %s",
    until="Valido fino al",
    tax_paid="IVA",
    code="Codice",
    check="Verifica questa ricevuta",
    tenders={
        TenderKind.CASH: "Contanti", TenderKind.CARD: "Carta", TenderKind.BANK_TRANSFER: "Bonifico",
        TenderKind.GIFT_CARD: "Buono regalo", TenderKind.STORE_CREDIT: "Credito", TenderKind.TRADE_IN: "Permuta",
        TenderKind.POINTS: "Punti",
        TenderKind.DEPOSIT: "Acconto", TenderKind.EXCHANGE: "Cambio merce",
    },
    thousands=".",
    decimal=",",
)  # fmt: skip

_ES: Final = Words(
    receipt="Recibo",
    return_receipt="Reembolso",
    gift_receipt="Ticket regalo",
    copy="Copia",
    date="Fecha",
    served_by="Le atendió",
    tax_number="NIF",
    serial="N.º de serie",
    weight="Peso",
    list_price="Precio",
    discount="Descuento",
    promotion="Promoción",
    total="Total",
    refunded="Reembolsado",
    net="Base",
    tax="IVA",
    gross="Total",
    change="Cambio",
    rounding="Redondeo efectivo",
    card="Tarjeta",
    approval="Autorización",
    stored="Guardado por el terminal, cargado más tarde",
    rate="Tipo de cambio",
    margin="Régimen especial de los bienes usados",
    exempt="Exento de IVA",
    outside="Tarjetas regalo y anticipos: IVA al utilizarse",
    points="Con esta compra: puntos por valor de %s",
    points_least="Con esta compra: puntos por valor de al menos %s",
    until="Válido hasta",
    tax_paid="IVA",
    code="Código",
    check="Comprobar este recibo",
    tenders={
        TenderKind.CASH: "Efectivo", TenderKind.CARD: "Tarjeta", TenderKind.BANK_TRANSFER: "Transferencia",
        TenderKind.GIFT_CARD: "Tarjeta regalo", TenderKind.STORE_CREDIT: "Saldo",
        TenderKind.POINTS: "Puntos",
        TenderKind.TRADE_IN: "Entrega a cuenta",
        TenderKind.DEPOSIT: "Anticipo", TenderKind.EXCHANGE: "Cambio de artículo",
    },
    thousands=".",
    decimal=",",
)  # fmt: skip

WORDS: Final = {"en": _EN, "fr": _FR, "de": _DE, "it": _IT, "es": _ES}


def words_of(language: str) -> Words:
    """English where this house has no words yet."""
    return WORDS.get(language, _EN)


def amount(minor: int, currency: str, words: Words) -> str:
    """`-123456, "EUR"` → `-1,234.56`, `-1 234,56`: always with all its digits, as on paper."""
    digits = minor_digits(currency)
    whole, part = divmod(abs(minor), 10**digits)
    grouped = f"{whole:,}".replace(",", words.thousands)
    return (
        f"{'-' if minor < 0 else ''}{grouped}{words.decimal}{part:0{digits}d}"
        if digits
        else (f"{'-' if minor < 0 else ''}{grouped}")
    )


def share(bp: int, words: Words) -> str:
    """`2000` → `20 %`, `550` → `5.5 %`."""
    whole, part = divmod(bp, 100)
    said = f"{whole}.{part:02d}".rstrip("0").rstrip(".").replace(".", words.decimal)
    return f"{said} %"


def scaled(value: int, digits: int, words: Words) -> str:
    """`4100, 3` → `4.1`: thousandths and the like, without ends of noughts."""
    whole, part = divmod(value, 10**digits)
    return f"{whole}.{part:0{digits}d}".rstrip("0").rstrip(".").replace(".", words.decimal)

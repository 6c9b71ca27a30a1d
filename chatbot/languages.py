"""In which language a message is written, as far as it matters: answers are in English.

Told by each language's small words, and by its letters where those are not Latin. A library that tells
languages apart takes misspelt English for Dutch; for a line of chat small words are the surer sign.
"""

import re
from collections.abc import Mapping

from chatbot.text import normalise

FEWEST_SIGNS = 2
SHORT, TELLING_LETTERS = 3, 4
_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]")
_SPANISH_MARKS = re.compile(r"[¿¡]|\w*ñ\w*|\b\w+ción\b", re.IGNORECASE)


def _set(listed: str) -> frozenset[str]:
    return frozenset(normalise(listed).split())


# Accents are often left out when typing, so both spellings stand here.
_ENGLISH = _set(
    """
    the a an and or but not no is are was were am be been i you he she it we they me my your his her our
    their this that these those of to in on at for with from by about as if then than so do does did can
    could will would should have has had how what when where who why which there here get go need want know
    please help any some all just like much many long cost take work does program treatment insurance
    """
)
_SPANISH = _set(
    """
    el la los las un una unos unas de del al y o pero que qué como cómo cuanto cuánto cuanta cuánta cuantos
    cuántos cuantas cuántas cuando cuándo donde dónde quien quién porque por para con sin en es son esta
    está estan están estoy soy eres somos ser estar hay tiene tienen tengo tener puedo puede pueden quiero
    quiere necesito necesita necesitan mi mis tu su sus me te se nos les le lo yo ella ellos usted ustedes
    nosotros hola gracias ayuda ayudar favor si sí muy más mas también tambien ya hoy hijo hija esposo
    esposa madre padre mamá mama hermano hermana cuesta cuestan vale precio seguro medicina tratamiento
    programa clínica clinica cita horario aceptan acepta ofrecen trabajo trabajar dejar beber drogas
    alcoholismo español espanol hablan habla buenos buenas dias días tardes noches empezar semana semanas
    horas meses años anos gratis dinero pagar terapia grupo familia privado confidencial
    """
)
_OTHERS: Mapping[str, frozenset[str]] = {
    "fr": _set(
        """
        le les des du une est sont je tu il elle nous vous ils et ou mais que qui quoi comment combien quand
        où pourquoi avec pour sans dans sur ce cette mon ma mes votre avez êtes suis peut puis besoin
        bonjour merci aide ça coûte combien traitement assurance
        """
    ),
    "de": _set(
        """
        der die das den dem ein eine einen ist sind ich du er sie wir ihr und oder aber nicht kein keine wie
        was wann wo wer warum mit für ohne von zu im auf mein meine kann können muss brauche hilfe hallo
        danke bitte kostet viel lange gibt haben habe
        """
    ),
    "pt": _set(
        """
        o os um uma do da dos das é são eu você ele ela nós eles mas não nao como quanto quando onde quem
        porque com para sem em meu minha posso pode preciso ajuda olá obrigado custa tem fazer tratamento
        seguro isso
        """
    ),
    "it": _set(
        """
        il lo gli uno una è sono io lui lei noi voi loro ma non come quanto quando dove chi perché con per
        senza mio mia posso può bisogno aiuto ciao grazie costa avete questo quello della degli
        """
    ),
    "pl": _set(
        """
        jest są ja ty on ona my wy nie tak jak ile kiedy gdzie kto dlaczego dla bez czy mój moja mogę może
        potrzebuję pomoc pomocy dziękuję proszę cześć dzień dobry kosztuje leczenie
        """
    ),
    "tl": _set(
        """
        ang ng mga sa ako ikaw siya kami tayo sila hindi oo paano magkano kailan saan sino bakit po opo ba
        naman kailangan tulong salamat gusto ko mo niya may meron wala
        """
    ),
    "vi": _set(
        """
        tôi bạn anh chị là có không và hoặc nhưng như thế nào bao nhiêu khi đâu ai tại sao với cho của được
        cần giúp cảm ơn xin chào điều trị bảo hiểm
        """
    ),
    "ht": _set(
        """
        mwen ou li nou yo se pa ak oswa men kijan konbyen kilè ki kote poukisa pou nan bezwen èd mèsi bonjou
        ka gen sa a
        """
    ),
}


_NOT_ENGLISH = tuple(f"-{tag}" for tag in ("es", *_OTHERS))


def is_in_english(line_id: str) -> bool:
    """Whether a fixed line is in English: the ids of the others end in their language's tag."""
    return not line_id.endswith(_NOT_ENGLISH)


def language(message: str) -> str:
    """The tag of the language that a message is clearly in, "other" for one not known here; else "en"."""
    letters = _LETTER.findall(message)
    if letters and sum(not _LATIN.match(c) for c in letters) > len(letters) / 2:
        return "other"
    typed = _WORD.findall(normalise(message))
    english = sum(w in _ENGLISH for w in typed)
    spanish = sum(w in _SPANISH for w in typed) + len(_SPANISH_MARKS.findall(message))
    counts = {tag: sum(w in known for w in typed) for tag, known in _OTHERS.items()}
    nearest = max(counts, key=lambda tag: (counts[tag], tag))
    others = counts[nearest]
    # Languages share words: a tie goes to English, then to Spanish.
    if spanish > english and spanish >= others and (spanish >= FEWEST_SIGNS or _is_telling(typed)):
        return "es"
    return nearest if others > english and others >= FEWEST_SIGNS else "en"


def _is_telling(typed: list[str]) -> bool:
    """Whether the one Spanish word of a short message says enough: "la" or "si" does not."""
    return len(typed) <= SHORT and any(w in _SPANISH and len(w) >= TELLING_LETTERS for w in typed)

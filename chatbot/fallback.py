"""What the guard knows by itself: with an empty knowledge folder it still hears the plainest cries for help.

The same files as in knowledge/crisis, cut down to the words nobody can mistake.
"""

from functools import cache

from chatbot.guide import Guide, parse_guide

_FILES = {
    "words.txt": """
[shorthand]
im = i am
dont = do not
cant = can not
wanna = want to
gonna = going to
kms = kill myself
od = overdose
oded = overdosed
[keys]
suicide suicidal kill myself die overdose overdosed breathing unconscious bleeding
[classes]
self: myself, himself, herself, themselves
""",
    "suicide.txt": """
[sure]
suicid*
kill|killing|hang|hanging|shoot|shooting|drown <self>
want|wants|wanted|wish|going|ready to ~1 die|be_dead|kill_myself
end|ending|take|taking my|his|her|their own? life
not ~1 want|wants to ~1 live|be_alive|exist|wake_up|be_here
better_off dead|without_me
end it all|tonight
quiero|quiere morir|morirme|morirse|matarme|matarse
no quiero|quiere vivir
unalive <self>
""",
    "self-harm.txt": """
[sure]
cut|cutting|hurt|hurting|burn|burning|harm|harming <self>
self harm|harming
""",
    "overdose.txt": """
[sure]
overdose|overdosed|overdosing
took ~2 pills|all_my
sobredosis
""",
    "withdrawal.txt": """
[sure]
delirium tremens
seizure|seizures|shaking ~5 stopped|quit drinking
""",
    "medical.txt": """
[sure]
not|barely breathing|breathe
can not ~1 breathe
will|can not ~1 wake
unconscious|unresponsive
chest pain|hurts
heart attack
no respira
""",
    "violence.txt": """
[sure]
kill|shoot|stab him|her|them|everyone|someone|somebody|you
has|have|with a gun|knife
""",
    "abuse.txt": """
[sure]
hits|beats|hit|raped|chokes|choked|hitting|beating me|us
was|been|got raped|beaten|assaulted
""",
    "psychosis.txt": """
[sure]
hear|hears|hearing voices
voices ~3 tell|telling|say|saying
""",
    "replies.md": """
## Help now {#crisis-fallback}
reviewed: 2026-11-23

Thank you for telling me. I am an automatic desk, not a person, and you deserve help from one now.

If you or somebody else may be in danger, **call 911**.

**Call or text 988, or chat at 988lifeline.org.** It is free, private, and open day and night, also if
you are worried about someone else.

Please tell someone you trust. A doctor or a counselor can help too. You can keep asking me questions here.

## Ayuda ahora {#crisis-fallback-es}
reviewed: 2026-11-23

Gracias por decírmelo. Soy un servicio automático, no una persona. Si hay peligro, **llama al 911**.

**Llama al 988 y oprime 2 para español.** Es gratis y está abierto día y noche.
Habla también con alguien de confianza, un médico o un consejero. Puedes seguir haciéndome preguntas aquí.
""",
    "help-lines.toml": """
[[line]]
name = "988 Suicide & Crisis Lifeline"
action = "tel"
label = "Call 988"
href = "tel:988"
region = "US"
source = "https://988lifeline.org"
reviewed = "2026-11-23"
[[line]]
name = "988 Suicide & Crisis Lifeline"
action = "sms"
label = "Text 988"
href = "sms:988"
region = "US"
source = "https://988lifeline.org"
reviewed = "2026-11-23"
[[line]]
name = "988 Suicide & Crisis Lifeline"
action = "link"
label = "Chat at 988lifeline.org"
href = "https://988lifeline.org/chat/"
region = "US"
source = "https://988lifeline.org"
reviewed = "2026-11-23"
[[line]]
name = "Emergency services"
action = "tel"
label = "Call 911"
href = "tel:911"
region = "US"
source = "https://www.911.gov"
reviewed = "2026-11-23"
""",
}


@cache
def built_in() -> Guide:
    """The guide that is part of the code."""
    return parse_guide(_FILES)

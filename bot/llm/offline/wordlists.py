"""Words that carry no subject, and forms that no rule of spelling connects. English first, some others."""


def word_set(listed: str) -> frozenset[str]:
    """The words of ``listed``, which stand between spaces and line ends."""
    return frozenset(listed.split())


FUNCTION_WORDS = word_set(
    """
    a about above across after again against all almost along already also although always am among an and
    another any anybody anyone anything anyway are aren't around as at away be became because become becomes
    been before behind being below beside besides between beyond both but by can can't cannot could couldn't
    did didn't do does doesn't doing don't done down during each either else enough etc even ever every
    everybody everyone everything few for from further had hadn't has hasn't have haven't having he her here
    hers herself him himself his how however i i'd i'll i'm i've if in indeed instead into is isn't it it'd
    it'll its itself just least less let let's many may maybe me might mine more moreover most mostly much
    must mustn't my myself near neither never nevertheless no nobody none nor not nothing now nowhere of off
    often on once one's only onto or other others otherwise ought our ours ourselves out over own per perhaps
    please quite rather really same shall she she'd she'll should shouldn't since so some somebody somehow
    someone something sometimes somewhat somewhere still such than that that'd that'll thats the their theirs
    them themselves then thence there therefore these they they'd they'll they're they've this those though
    through throughout thus to together too toward towards under until unto up upon us very via was wasn't we
    we'd we'll we're we've were weren't what whatever what's when whenever where whereas wherever whether
    which whichever while who whoever whole whom who's whose why will with within without won't would
    wouldn't yes yet you you'd you'll you're you've your yours yourself yourselves
    """
)
"""English words without content of their own."""

GENERIC_WORDS = word_set(
    """
    able actual add allow approach area ask available bad basic best better big bit bring brief call case
    certain change come common compare comparison consider context couple create current currently day days detail details
    differ difference different difficult do easy effect end example exist explain fact far fast feature find first
    follow form general get give go good great happen hard help high history hour hours idea important improve
    include information involve issue item keep kind know known large last late later latest lead left level
    like list little long look lot low main major make manner matter mean means method minute moment
    month months need new news next nice nowadays number occur old one option part particular people
    person place point popular possible present problem produce proper provide question
    reason recent recently related require result right run say see seem set several short show simple
    single small sort special specific start state step stuff subject take talk tell term thing things
    think time times today top topic true try turn two type typical typically understand update use
    used useful usual usually value various version want way ways week weeks well wide work works world
    worth write wrong year years yesterday
    """
)
"""English words that fit nearly any subject: sharing one with the material is no sign of an answer."""

INSTRUCTION_WORDS = word_set(
    """
    answer article articles author authors briefly bullet bullets channel cite cited citing chat comment
    comments conversation describe digest discuss discussed discussion document documents everybody
    everything explain give highlight highlights interesting key list material member members
    mention mentioned message messages note notes outline overview paragraph paragraphs passage passages
    post posts quote recap report research said says search sentence sentences server source sources speaker
    sum summarise summarised summarize summarized summary tell text thread threads understand write
    """
)
"""Words that say what to do with the material and not what it should be about."""

OTHER_LANGUAGES: dict[str, frozenset[str]] = {
    "de": word_set(
        """
        aber als am an auch auf aus bei bin bis bist da damit dann das dass dein dem den der des die dies
        diese dieser dieses doch du durch ein eine einem einen einer eines er es für gibt haben hat hatte hier
        ich ihr ihre im in ist ja kann kein keine können man mehr mein mit muss nach nicht noch nur ob oder
        ohne sehr sein seine sich sie sind so über um und uns unter viel viele vom von vor war waren warum was
        welche welcher welches wenn wer werden wie wieso wieviel wird wir wo wurde wurden zu zum zur zwischen
        """
    ),
    "fr": word_set(
        """
        ai au aux avec bien ce ces cet cette combien comme comment c'est dans de des donc du elle elles en
        entre est et été être eu faire fait il ils je la le les leur leurs lui mais me même moi mon ne nos
        notre nous on ont ou où par pas peut plus pour pourquoi qu que quel quelle quelles quels qui quoi sa
        sans se ses si son sont sur ta te tes toi ton tous tout très tu un une vos votre vous
        """
    ),
    "es": word_set(
        """
        al algo como cómo con cual cuál cuáles cuando cuándo cuánto cuántos de del desde donde dónde el él
        ella ellas ellos en entre era es esa ese eso esta está están este esto fue ha hace han hay la las le
        les lo los más me mi muy no nos o para pero por porque puede qué que quien quién se según ser si sí
        sin sobre son su sus también te tiene todo todos un una unas unos y ya
        """
    ),
    "it": word_set(
        """
        al alla alle anche che chi ci come con cosa cui da dal dalla degli dei del della delle di dove è e
        era essere fa gli ha hanno i il in io la le lo ma nel nella non per perché più può quale quali quando
        quanti quanto questa questo se si sono su sua suo tra tutti un una uno
        """
    ),
    "pt": word_set(
        """
        à ao aos as às até com como da das de do dos e é ela ele em entre era essa esse esta está este eu foi
        há isso já mais mas me meu muito na não nas no nos o onde os ou para pela pelo por porque pode qual
        quais quando quanto que quem se sem ser seu sua são também tem um uma
        """
    ),
    "nl": word_set(
        """
        aan al als bij dan dat de deze die dit door een en er geen had heb hebben heeft het hij hoe hoeveel
        ik in is je kan kunnen maar meer met mijn na naar niet nog of om onder ook op over te tot uit van
        veel voor waar waarom wanneer was wat we welke werd wie wordt worden zijn zich zij zo
        """
    ),
}
"""Function words of other languages, used only where a text holds more of them than of English ones."""

NUMBER_WORDS = word_set(
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand
    thousands million millions billion billions dozen dozens half twice
    """
)

_IRREGULAR = word_set(
    """
    ate:eat eaten:eat began:begin begun:begin bent:bend bit:bite bitten:bite bled:bleed blew:blow blown:blow
    bought:buy bred:breed broke:break broken:break brought:bring built:build burnt:burn caught:catch
    children:child chose:choose chosen:choose crept:creep dealt:deal dreamt:dream drank:drink drunk:drink
    drawn:draw drew:draw driven:drive drove:drive dug:dig fed:feed feet:foot fell:fall fallen:fall felt:feel
    fled:flee flew:fly flown:fly forbade:forbid forgot:forget forgotten:forget fought:fight found:find
    froze:freeze frozen:freeze gave:give given:give geese:goose gone:go got:get grew:grow grown:grow
    heard:hear held:hold hid:hide hidden:hide hung:hang kept:keep knew:know laid:lay lain:lie learnt:learn
    led:lead left:leave lent:lend lives:life lost:lose made:make meant:mean men:man met:meet mice:mouse
    paid:pay ran:run rang:ring ridden:ride risen:rise rode:ride rose:rise said:say sang:sing sank:sink
    sat:sit saw:see seen:see sent:send shaken:shake shook:shake shone:shine shot:shoot slept:sleep sold:sell
    sought:seek sown:sow spent:spend spoke:speak spoken:speak sprang:spring stolen:steal stole:steal
    stood:stand struck:strike stuck:stick stung:sting sung:sing sunk:sink swam:swim swept:sweep swollen:swell
    swore:swear taken:take taught:teach teeth:tooth thought:think threw:throw thrown:throw told:tell
    took:take tore:tear torn:tear understood:understand went:go wept:weep woke:wake won:win women:woman
    wore:wear worn:wear wove:weave woven:weave written:write wrote:write
    """
)
_SAME = word_set(
    """
    devise:invent design:invent diet:eat consume:eat price:cost expense:cost construct:build erect:build
    death:die dead:die dying:die mend:repair fix:repair cure:treat remedy:treat purchase:buy avert:prevent
    discover:find automobile:car illness:disease sickness:disease gray:grey center:centre fiber:fibre
    """
)

IRREGULAR = {form: base for form, _, base in (pair.partition(":") for pair in _IRREGULAR)}
"""Irregular English forms onto the form that the others are reduced to."""
SAME = {form: base for form, _, base in (pair.partition(":") for pair in _SAME)}
"""Words that a question and its answer often use for one another, onto one of them."""

"""Each rule finds what it is for, says what to write instead, and leaves correct English alone."""

from __future__ import annotations

import pytest

from services.leveltest.features.document import read
from services.leveltest.features.extract import analyse
from services.leveltest.features.feedback import LOCALES, catalogue
from services.leveltest.features.grammar import KEYS, errors
from services.leveltest.features.language import pack
from tests.unit.leveltest.features import grammar_of_clauses, grammar_of_words

WRONG = [
    ("agreement.third_person", "My sister is tall and she have long hair.", "she have", "she has"),
    ("agreement.third_person", "He always go to school.", "He always go", "He always goes"),
    ("agreement.third_person", "I like it because it give me energy.", "it give", "it gives"),
    ("agreement.third_person", "She don't like fish.", "She don't", "She doesn't"),
    ("agreement.plural_pronoun", "We was very tired.", "We was", "We were"),
    ("agreement.plural_pronoun", "They goes to school by bus.", "They goes", "They go"),
    ("agreement.plural_pronoun", "I is happy.", "I is", "I am"),
    ("agreement.plural_noun", "Many people thinks that this is wrong.", "people thinks", "people think"),
    ("agreement.plural_noun", "The children was playing.", "children was", "children were"),
    ("agreement.singular_noun", "This book speak about love.", "book speak", "book speaks"),
    ("agreement.singular_noun", "I go because my brother have a car.", "brother have", "brother has"),
    ("agreement.relative", "He is a man who live alone.", "who live", "who lives"),
    ("agreement.relative", "I know people who lives there.", "who lives", "who live"),
    ("agreement.relative", "It is a job that make me happy.", "that make", "that makes"),
    ("agreement.everyone", "Everybody have a phone.", "Everybody have", "Everybody has"),
    ("agreement.there_is", "There is many shops in my town.", "There is many", "There are many"),
    ("agreement.there_is", "In my room there are a bed.", "there are a bed", "there is a bed"),
    ("agreement.demonstrative", "This people are my friends.", "This people", "These people"),
    ("agreement.demonstrative", "I have these problem every day.", "these problem", "these problems"),
    ("pronoun.object", "I live with she.", "with she", "with her"),
    ("pronoun.object", "It stays between you and I.", "between you and I", "between you and me"),
    ("pronoun.subject", "Him is my best friend.", "Him is", "He is"),
    ("verb.did_past", "I didn't went to school.", "didn't went", "didn't go"),
    ("verb.did_past", "Where did you bought it?", "did you bought", "did you buy"),
    ("verb.did_past", "He doesn't likes milk.", "doesn't likes", "doesn't like"),
    ("verb.after_modal", "I can to swim.", "can to swim", "can swim"),
    ("verb.after_modal", "She will goes home.", "will goes", "will go"),
    ("verb.after_modal", "You should never told him.", "should never told", "should never tell"),
    ("verb.infinitive", "I want to went there.", "to went", "to go"),
    ("verb.infinitive", "She tries to helps me.", "to helps", "to help"),
    ("verb.infinitive", "They like to playing.", "to playing", "to play"),
    ("verb.be_base", "I am agree with you.", "I am agree", "I agree"),
    ("verb.be_base", "I'm not agree with this.", "I'm not agree", "I don't agree"),
    ("verb.be_base", "He is want a new car.", "He is want", "He wants"),
    ("verb.participle", "I have went to Paris.", "have went", "have gone"),
    ("verb.participle", "I have never visit London.", "have never visit", "have never visited"),
    ("verb.participle", "We have visit and we have discover a lot.", "have discover", "have discovered"),
    ("verb.irregular", "He catched the ball.", "catched", "caught"),
    ("verb.irregular", "It was writed by a friend.", "writed", "written"),
    ("verb.passive", "The book was wrote by my uncle.", "was wrote", "was written"),
    ("verb.born", "I born in 1999.", "I born", "I was born"),
    ("tense.since_duration", "I live here since three years.", "since three years", "for three years"),
    ("tense.since_duration", "I stayed there during 2 weeks.", "during 2 weeks", "for 2 weeks"),
    ("tense.past_marker", "Yesterday I go to the park.", "I go", "I went"),
    ("tense.past_marker", "Last summer we visit my aunt.", "we visit", "we visited"),
    ("tense.if_will", "If I will have time, I will come.", "If I will have", "If I have"),
    ("tense.if_will", "If she would have time, she would come.", "If she would have", "If she had"),
    ("complement.want_that", "I want that he comes.", "want that he", "want him to …"),
    ("complement.want_that", "I want you come with me.", "want you come", "want you to come"),
    ("complement.want_that", "I want eat an apple.", "want eat", "want to eat"),
    ("complement.gerund", "I enjoy to play tennis.", "enjoy to play", "enjoy playing"),
    ("complement.gerund", "I suggest to go by train.", "suggest to go", "suggest going"),
    ("complement.let_make", "The film made me to cry.", "made me to cry", "made me cry"),
    (
        "complement.preposition_gerund",
        "He left without say goodbye, without eat.",
        "without eat",
        "without eating",
    ),
    ("complement.preposition_gerund", "I look forward to see you.", "forward to see", "forward to seeing"),
    ("complement.purpose", "I go there for improve my English.", "for improve", "to improve"),
    ("complement.purpose", "I save money for to buy a car.", "for to buy", "to buy"),
    ("complement.infinitive", "I hope find a job.", "hope find", "hope to find"),
    ("complement.infinitive", "I would like discover Asia.", "like discover", "like to discover"),
    ("subject.missing", "I like it because is very easy.", "because is", "because it is"),
    ("subject.missing", "I think is better to wait.", "think is", "think it is"),
    ("subject.missing", "Is very important to eat well.", "Is", "It is"),
    ("negation.auxiliary", "I not like fish.", "I not like", "I don't like"),
    ("negation.auxiliary", "She no speak English.", "She no speak", "She doesn't speak"),
    ("article.a_an", "I eat a apple.", "a apple", "an apple"),
    ("article.a_an", "She has an dog.", "an dog", "a dog"),
    ("article.plural", "I bought a books.", "a books", "a book"),
    ("article.plural", "We went to another countries.", "another countries", "another country"),
    ("article.uncountable", "He gave me a good advice.", "a good advice", "some good advice"),
    ("article.missing_noun", "I am student.", "am student", "am a student"),
    ("article.missing_noun", "She has car.", "has car", "has a car"),
    ("article.missing_the", "We went to cinema.", "to cinema", "to the cinema"),
    ("article.missing_the", "I run in morning.", "in morning", "in the morning"),
    ("noun.wrong_plural", "I need more informations.", "informations", "information"),
    ("noun.many_uncountable", "I don't have many money.", "many money", "much money"),
    ("noun.much_countable", "I have much friends.", "much friends", "many friends"),
    ("noun.singular_after_number", "I have two brother.", "two brother", "two brothers"),
    ("noun.singular_after_number", "One of my friend is ill.", "One of my friend", "One of my friends"),
    ("noun.every_plural", "I train every days.", "every days", "every day"),
    ("adjective.plural", "I like differents things.", "differents", "different"),
    ("adjective.plural", "I want to discover others cultures.", "others cultures", "other cultures"),
    ("adjective.plural", "It affects others people.", "others people", "other people"),
    ("comparison.double", "This is more better.", "more better", "better"),
    ("comparison.double", "My house is more big than yours.", "more big", "bigger"),
    ("comparison.double", "Life there is more easy.", "more easy", "easier"),
    ("order.very_much", "I like very much music.", "like very much music", "like music … very much"),
    ("order.very_verb", "I very like this song.", "very like", "really like"),
    ("order.frequency", "I go always to the gym.", "go always", "always go"),
    ("order.question", "Why you don't come?", "Why you don't", "Why don't you …"),
    ("order.indirect_question", "I don't know where is it.", "where is it", "where it is"),
    ("copula.missing", "I very happy.", "I very happy", "I am very happy"),
    ("copula.missing", "He is old but he strong.", "he strong", "he is strong"),
    ("be.age", "I have 20 years old.", "have 20 years old", "am 20 years old"),
    ("be.age", "She has 15 years.", "has 15 years", "is 15 years old"),
    ("negation.double", "I don't know nothing.", "don't know nothing", "don't know anything"),
    ("word.repeated", "I went to to the shop.", "to to", "to"),
    ("confused.their", "Their is a problem.", "Their is", "There is"),
    ("confused.their", "They live with there parents.", "there parents", "their parents"),
    ("confused.its", "Its a nice day.", "Its a", "It's a"),
    ("confused.your", "Your welcome.", "Your welcome", "You're welcome"),
    ("confused.than", "She is taller then me.", "taller then", "taller than"),
    ("confused.too", "The car is to expensive.", "to expensive", "too expensive"),
    ("confused.lose", "I don't want to loose my keys.", "loose", "lose"),
    ("confused.would_have", "You should of told me.", "should of", "should have"),
    ("confused.noun_verb", "It is the best day of my live.", "live", "life"),
    ("confused.relative", "It is a book who tells a story.", "book who", "book which"),
    ("confused.feeling", "I am so exciting.", "exciting", "excited"),
    ("preposition.time", "We meet in Monday.", "in Monday", "on Monday"),
    ("conjunction.double", "Although it rained, but we went out.", "but", "—"),
    ("conjunction.double", "Because I was ill, so I stayed at home.", "so", "—"),
]

RIGHT = [
    "Does she have a car? I saw him go home. Let it be. Did he go there?",
    "If he were rich, he would travel. I suggest that he go alone. Neither he nor she have been told.",
    "My brother and he have a shop. She made him do it. It may be true that they have left.",
    "The number of people is growing. One of my friends is ill. The mother of the children was there.",
    "Does everyone have a ticket? There is a lot of noise, and there are a lot of cars and a few buses.",
    "There is many a slip. This means trouble. These school rules are strict. This sports club is new.",
    "What he did made me happy. The person I spoke to was kind. The place I went to had no windows.",
    "She used to live here. I am used to getting up early. I look forward to the weekend.",
    "He is like his father. They are open. I am cold. We are done. The shop is shut and the door is open.",
    "I have had enough. They have come. He has read the book that I had put there. You had better go.",
    "It was found and cut. They were given a map. The window was broken. The glass is half full.",
    "I have lived here since 2010. I left three years ago, and since then I have moved twice.",
    "It has grown since two weeks ago. During the two weeks we worked. He has been here for ten days.",
    (
        "Yesterday I had a cold. Last year, I think, we won. I wonder if he will come. If you will excuse "
        "me, I must go."
    ),
    "I want that one. What do you want me to do? They want work. I enjoyed the play. I stopped to eat.",
    (
        "An hour ago an honest man bought a uniform at a university. It is a one-way street, a European "
        "law, an MP."
    ),
    (
        "A sports car is fast. A few people came. He works in a news agency. It is a traffic jam. A music "
        "lover came."
    ),
    "He was captain of the team. I have school on Monday. She has friend requests. We went to school by bus.",
    (
        "Ten minutes later, a two-year plan and a five-star hotel. In chapter 3 page one is missing. A ten- "
        "minute walk."
    ),
    "How much people earn matters. So much work! There is much to do. Many music festivals take place here.",
    "Every three days we meet. Each other's names are known. Others think so. The others left.",
    "More young people than ever read. It is more of a problem. The most easily found. Much better indeed.",
    (
        "I like it very much and so does she. He speaks English very well. I very much like it. He is very "
        "like her."
    ),
    "I always go home early. She is always late. We play quite often in the park.",
    "Why don't you come? What you say is true. When you are ready, call me. How he did it is a mystery.",
    (
        "I know what it is. Do you know where he lives? I find it difficult. It makes me happy. She made "
        "him angry."
    ),
    "I have 20 years of experience. He has two years left. She has 15 minutes.",
    "I don't know. Nothing matters. You can do nothing but wait. I never said no. He didn't say anything.",
    "He said that that was fine. She had had enough. It was very, very good. Had he had it?",
    "Their house is there. They're here. There are friends of mine. Over there, life is good.",
    (
        "Its colour is red. It's raining. The dog wagged its tail. Its own rules apply. Your idea is good; "
        "you're right."
    ),
    (
        "It was better then, and worse now. More often than not. First we ate, then we slept. Better than "
        "before."
    ),
    (
        "It is up to many people. He is to blame. They were to meet at noon. It is too late. I went to many "
        "places."
    ),
    "The screw is loose. He let loose a cry. We could of course wait. I should, of course, help.",
    "I live in Rome. My live show begins. They advise us. It will affect you. The effect is small.",
    "The man who came, a country whose name I forgot, people, which surprised me, the book which I read.",
    "I am interesting company. The film was exciting. I was bored. The news is surprising.",
    (
        "On Monday morning we left. In July it rains. At night it is dark. Once in a while. At the morning "
        "meeting we spoke."
    ),
    "Although it rained, we went out. Because it was late, we left. He was ill, so he stayed, but she went.",
    "It depends on you. We talked about it. Arriving at home, she listened to music. He is good at sports.",
    "There's nothing he doesn't know. Those who don't left early. All I want is peace. I ate a lot of fish.",
    "The equipment is new. She gave me some advice. Traffic is heavy. They have knowledge of the law.",
    "Her life is full of work. The lives of others. He lives alone. World War I is over. What I is this?",
    "To find out more, read on. The rules say to stop. Listen to what is said. I have to go now.",
    "The people in my country have time. Let the dog go. Does the book have pages? My mother and my father have one.",
    "One of the people who has left is here. I know the man that they know. It is the students who learn that win.",
    "We have seed and feed. He learned and dreamed. Leaded petrol singed his coat; it was costed twice.",
    "I have set it. They have come to see what we have found out.",
    "What you pay for be sure to get. That is the place I work for. It is good for people. He is for it.",
    "I like living here. Would you like help? They love work. We need food. I decided that it was over.",
    "This is because it is late. What I think is important is time. Is very hot water safe? Who is not here?",
    "They not only sing. Why did they not go? She could not see. There is no need. I have no idea.",
    "The others like it. Others cook. She is more kind than clever. He is taller. It is one of the series.",
    "He is old enough to drive. She can swim. The will to live is strong. A can of beans. In May I rest.",
]

ALL_WRONG = [*WRONG, *grammar_of_clauses.WRONG, *grammar_of_words.WRONG]


@pytest.mark.parametrize(("rule", "text", "quote", "suggestion"), ALL_WRONG)
def test_a_mistake_is_found_quoted_and_mended(rule: str, text: str, quote: str, suggestion: str) -> None:
    found = [(error.rule, error.quote, error.suggestion) for error in errors(read(text), pack("en"))]
    assert (rule, quote, suggestion) in found


@pytest.mark.parametrize("text", [*RIGHT, *grammar_of_clauses.RIGHT, *grammar_of_words.RIGHT])
def test_correct_english_is_left_alone(text: str) -> None:
    assert [(error.rule, error.quote) for error in errors(read(text), pack("en"))] == []


def test_every_rule_has_an_example_here_and_a_message_in_every_locale() -> None:
    assert {row[0] for row in ALL_WRONG} == set(KEYS)
    for locale in LOCALES:
        assert set(catalogue(locale)["rules"]) == {*KEYS, "spelling"}


def test_offsets_point_at_the_quote() -> None:
    text = "Hi! 🙂 Yesterday he don't came; I am agree, but they was late."
    for error in errors(read(text), pack("en")):
        assert text[error.start : error.end] == error.quote


def test_a_mistake_is_found_without_punctuation_and_capitals() -> None:
    text = "my brother likes sport and she have a car i didnt went there"
    assert [error.rule for error in errors(read(text), pack("en"))] == [
        "agreement.third_person",
        "verb.did_past",
    ]


def test_the_rules_that_do_not_count_in_transcripts_are_rules() -> None:
    assert pack("en").words("misheard") < set(KEYS)


def test_what_a_recogniser_makes_of_right_sentences_is_no_mistake_in_a_transcript() -> None:
    text = "I went to to the shop. It stays between you and I. She have a car."
    heard = text.lower().replace(".", "")
    assert [each.rule for each in analyse(text).errors] == [
        "word.repeated",
        "pronoun.object",
        "agreement.third_person",
    ]
    assert [each.rule for each in analyse(heard).errors] == ["agreement.third_person"]
    assert [each.rule for each in analyse(text, skill="speaking").errors] == ["agreement.third_person"]

"""Texts for references: seeded, of many lengths, made from the sentences below."""

import random

SENTENCES = """
The cat sat on the mat and watched the rain run down the window.
How do I reset the password of my account?
Quarterly revenue grew by 12.5% to $4.2 billion, ahead of expectations.
A zebra crossed the road, slowly, as if nobody were waiting.
Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.
She said: "Don't wait for me" – and left the café without her coat.
The court dismissed the appeal on 3 March 1998 for lack of standing.
def add(a, b): return a + b  # adds two numbers
Los gatos duermen todo el día y cazan por la noche.
Der Zug nach München fährt heute von Gleis 7 ab.
東京は日本の首都です。
Москва – столица России.
Mix flour, two eggs and a pinch of salt; rest the dough for an hour.
The patient shows no sign of fever, and the wound has healed well.
Error 404: the page you are looking for could not be found.
Mount Everest rises 8,849 metres above sea level.
Nobody expected the old lighthouse to survive another winter storm.
Please ship order #A-1029 to 221B Baker Street, London NW1 6XE.
Gradient descent takes small steps against the slope of the loss.
He played the cello in an orchestra for thirty-one years.
Is it cheaper to fly on a Tuesday than on a Friday?
The treaty was signed in Westphalia and ended thirty years of war.
Visit https://example.org/path?query=1&lang=en for details.
I loved the first half of the film; the second half was a mess.
Antibiotics do not work against viruses.
naïve façade, jalapeño, Ångström, Škoda, coöperate
Water boils at 100 °C at sea level, at about 71 °C on the highest peak.
The stock fell 3 points before lunch and recovered by the close.
Turn left after the bridge, then keep going until you see a red barn.
🙂 what a day!!! see u tmrw???
""".strip().splitlines()


def make(count, longest, length_of, seed=20):
    """Texts whose lengths in tokens run from the shortest to beyond the longest.

    `length_of` counts the tokens of a text. Every tenth text is longer than the limit, to be cut."""
    source = random.Random(seed)
    result = ["", "a", "Hello world"]
    while len(result) < count:
        aim = longest + 40 if len(result) % 10 == 0 else round(3 * (longest / 3) ** source.random())
        words = []
        while True:
            for word in source.choice(SENTENCES).split(" "):
                if len(words) > 0 and length_of(" ".join(words + [word])) > aim:
                    break
                words.append(word)
            else:
                continue
            break
        result.append(" ".join(words))
    return result

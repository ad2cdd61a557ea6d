/// Texts to compare a quantized model with the original on, for users who bring none: short and long, formal and casual,
/// several languages, code, numbers and names.
public enum CalibrationTexts {
    /// The texts.
    public static let standard: [String] = [
        "Hello",
        "How do I return an item that arrived damaged?",
        "The delivery was two days late, but the courier apologised and the box was intact.",
        "Not worth the money.",
        "I loved every minute of this film; the ending made the whole theatre cry.",
        "The central bank left interest rates unchanged on Thursday, citing slower growth abroad and a weak labour market.",
        "Photosynthesis converts light energy into chemical energy that is stored in sugars.",
        "Turn left after the bridge, follow the river for about two kilometres, and park behind the old mill.",
        "ERROR 2024-03-11 08:14:52 connection to 10.0.0.7:5432 refused after 3 attempts",
        "def area(radius):\n    return 3.14159 * radius ** 2",
        "SELECT name, COUNT(*) FROM orders GROUP BY name HAVING COUNT(*) > 5;",
        "Preheat the oven to 180 degrees, beat the eggs with the sugar, and fold in the flour little by little.",
        "Patients older than 65 with a history of heart failure should be monitored closely during the first week.",
        "The parties agree that any dispute arising from this contract shall be settled by arbitration in Geneva.",
        "Mount Kilimanjaro rises 5,895 metres above sea level and is the highest mountain in Africa.",
        "lol that meeting could have been an email",
        "Invoice no. 48213 for EUR 1,249.90 is due on 30 June; please quote the number in your transfer.",
        "Der Zug nach Hamburg hat heute leider eine Verspätung von etwa zwanzig Minuten.",
        "La bibliothèque ouvre à neuf heures et ferme à dix-huit heures, sauf le dimanche.",
        "El equipo ganó el partido en el último minuto gracias a un gol de cabeza.",
        "東京は日本の首都であり、世界最大の都市の一つです。",
        "Москва — столица России.",
        "A neural network is a function with many parameters that are adjusted until its outputs match examples.",
        "Which of these two cameras takes better pictures at night, and how heavy are they?",
        "The violinist paused, lifted her bow, and let the last note fade into the silence of the hall.",
        "Wind speeds of up to 120 kilometres an hour are expected along the northern coast from Saturday evening.",
        "Please restart the router, wait thirty seconds, and tell me whether the green light is steady or blinking.",
        "In 1969 two astronauts walked on the Moon while a third circled above them.",
        "The defendant was acquitted of all charges after the key witness withdrew her statement.",
        "Water boils at a lower temperature at high altitude because the air pressure is lower.",
        "My cat keeps waking me at five in the morning, and I have run out of ideas.",
        """
        The history of the lighthouse begins with fires on hilltops. Later the fires were placed on platforms, so that ships \
        could see them from farther away, and towers of stone followed. For centuries keepers climbed the stairs each \
        evening to light oil lamps, to trim the wicks, and to polish the lenses that gathered the light into a beam. Today \
        almost all lights are automatic, yet sailors still steer by them when screens fail, and many of the towers have \
        become museums, inns and homes.
        """,
        """
        Our quarterly revenue grew by eleven percent compared with the same period of last year, mostly because of strong \
        demand for maintenance contracts. Costs rose as well: energy was more expensive, two suppliers raised their prices, \
        and we hired forty people for the new plant. We expect the margin to recover in the second half of the year, when \
        the first machines from the plant are delivered, provided that the exchange rate stays where it is now.
        """,
        """
        To compare two sorting algorithms fairly, run both on the same inputs, in random order, many times, on a machine \
        that does nothing else. Report the median and the spread instead of the best run. Small inputs fit in the cache and \
        say little about large ones; inputs that are already sorted flatter some algorithms and punish others. Finally, \
        publish the program that made the figures, so that others can find your mistakes.
        """,
    ]
}

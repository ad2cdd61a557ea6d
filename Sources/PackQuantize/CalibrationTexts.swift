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

    /// Other texts of the same kinds, by which codes are chosen: what they do must show on texts that had no part in it.
    public static let adjusting: [String] = [
        "Thanks!",
        "Can I change the delivery address after the order has been shipped?",
        "The room was clean and quiet, though the lift was out of order for most of our stay.",
        "Worst purchase of the year.",
        "A slow start, but by the third chapter I could not put the book down.",
        "Shares of the airline fell by six percent on Monday after it lowered its forecast for the summer.",
        "Enzymes speed up reactions in cells without being used up themselves.",
        "Take the second exit at the roundabout and keep the lake on your right until you reach the station.",
        "WARN 2023-07-02 23:59:01 disk /dev/sda1 is 93% full, 4.1 GB left",
        "for i in range(10):\n    print(i, i * i)",
        "UPDATE customers SET city = 'Lyon' WHERE id = 1042;",
        "Chop the onions finely, fry them in butter until they are golden, and add a glass of white wine.",
        "The vaccine was well tolerated; the most common side effects were fever and a sore arm for one or two days.",
        "The tenant shall give written notice at least three months before the end of the lease.",
        "The Danube flows through ten countries before it reaches the Black Sea.",
        "ok so who is bringing the snacks tomorrow?",
        "Your appointment on 14 October at 10:45 has been moved to room 3.12 on the second floor.",
        "Wegen Bauarbeiten fährt die Straßenbahn am Wochenende nur bis zum Rathaus.",
        "Le musée est gratuit le premier dimanche de chaque mois.",
        "Los precios de la fruta subieron otra vez esta semana.",
        "京都には古いお寺や神社がたくさんあります。",
        "Завтра обещают дождь и сильный ветер.",
        "Gradient descent moves every parameter a small step against the slope of the error.",
        "Is this laptop quiet enough for a library, and does the battery last a whole day of lectures?",
        "Rain drummed on the tin roof while the old man told us how the village had looked before the dam.",
        "Voters in the two largest cities go to the polls on Sunday to elect new mayors and councils.",
        "If the screen stays black, hold the power button for ten seconds and then connect the charger.",
        "The treaty was signed in 1648 and ended thirty years of war in central Europe.",
        "The appeal court found that the evidence had been obtained unlawfully and ordered a new trial.",
        "Sound travels faster in water than in air, and faster still in steel.",
        "My neighbour is learning the trumpet, and the walls are thin.",
        "Looking for a two-bedroom flat near the university, ground floor if possible, from the first of September.",
        "The goalkeeper saved two penalties, yet the home side lost by a single goal in extra time.",
        "Unlike a stack, a queue gives back its elements in the order in which they were put in.",
        "Solar panels on the school's roof now cover about a third of the electricity that it uses in a year.",
        """
        Bread has been baked for thousands of years, and the recipe has hardly changed: flour, water, salt and something that         makes the dough rise. A good loaf needs time. The dough is kneaded until it is smooth, left alone until it has doubled,         shaped, and left alone again. The oven must be hot, and a bowl of water in it gives the crust its shine. Wait until the         loaf has cooled before you cut it, however hard that is.
        """,
        """
        The committee reviewed three proposals for the new bridge. The first is the cheapest but would close the road for a         year; the second keeps one lane open and costs a fifth more; the third, a tunnel, was set aside because of the ground         water. Members asked for a study of the traffic on the northern side, and for letters from the fire service and the bus         company, before they decide in the spring.
        """,
        """
        When a program is slow, measure before you change anything. A profiler shows where the time goes, and it is seldom where         one expects. Often a single query runs a thousand times where once would do, or a list is searched where a table would         answer at once. Change one thing, measure again, and keep the change only if it helped; otherwise the code has become         harder to read for nothing.
        """,
        """
        Sea otters were hunted for their fur until only a few hundred were left. Where they came back, the kelp came back as         well, since the otters eat the urchins that graze on it. The forests of kelp shelter young fish, calm the waves and hold         carbon, so that one animal, once it is missing, changes a whole coast.
        """,
    ]
}

import PackServing

/// Texts of many lengths and kinds, for measurements that nobody brought events for.
public enum SampleTexts {
    /// The texts, from one word to a long paragraph.
    public static let all: [String] = [
        "Hello",
        "How do I reset my password?",
        "The quick brown fox jumps over the lazy dog.",
        "Where can I find the invoice for last month?",
        "A small model that starts quickly is worth more than a large one that nobody can afford to run.",
        "Der Zug nach München fährt heute leider erst um 18:45 Uhr von Gleis 7 ab.",
        "La bibliothèque est fermée le lundi, mais ouverte jusqu'à vingt heures le jeudi.",
        "今日はとても良い天気ですね。",
        "機械学習のモデルを小さくする方法を教えてください。",
        "Please cancel order #48213-B; it was placed twice (once at 9:02 and again at 9:04).",
        "¿Cuánto cuesta el envío a las Islas Canarias?",
        "def mean(values): return sum(values) / len(values)",
        "Great phone, terrible battery. I charge it three times a day 😡",
        "Я хотел бы забронировать столик на двоих на завтра вечером.",
        "The committee concluded that the proposal, although ambitious, lacked a realistic schedule and asked for a second draft.",
        "E = mc²",
        "Rain is expected in the north, with winds of up to 60 km/h along the coast and temperatures between 4 and 9 degrees.",
        "Shipping took 12 days instead of 2, support never answered, and the box was open when it arrived.",
        "cats sleep most of the day",
        "Lambda freezes the environment between events, so work that is left over continues, if at all, with the next event.",
        paragraph,
    ]

    private static let paragraph = """
        In the spring the river rises above its banks and covers the lower meadows for two or three weeks. The farmers know \
        the signs, and move their animals to higher ground before the water comes. When it falls again it leaves a layer of \
        dark mud, and the grass that grows there in May is the best of the whole year. Older people in the village still \
        measure time by these floods: a house was built two floods before the bridge, a child was born in the year of the \
        late flood. The engineers who came to straighten the river listened politely, took notes, and drew a line on the map \
        that ran through the middle of the meadows.
        """

    /// The events `{"text": …}` for the texts, in order.
    public static var events: [[UInt8]] {
        all.map(event)
    }

    /// The event for one text.
    public static func event(_ text: String) -> [UInt8] {
        let out = ByteBuffer()
        out.append("{\"text\":")
        var text = text
        text.withUTF8 { out.append(jsonString: UnsafeRawBufferPointer($0)) }
        out.append("}")
        return Array(out.bytes)
    }
}

import CLibYAML

/// Makes nodes of a YAML text, from the events that libyaml reads in it.
///
/// Aliases are refused where they stand: a few of them, nested, stand for more nodes than any machine can compare. Anchors and
/// tags mean nothing here and are passed over.
final class YAMLComposer {
    /// libyaml keeps its address.
    private var parser = yaml_parser_t()
    private let fields: FieldReader
    private var depth = 0

    /// Levels of lists and mappings in one another.
    private static let maximumDepth = 64

    /// The root of a text: one document.
    ///
    /// - Parameter fields: Makes the errors.
    /// - Returns: `nil` for a text without a document.
    static func root(_ yaml: String, _ fields: FieldReader) throws(SettingsError) -> SettingsNode? {
        let composer = YAMLComposer(fields)
        guard yaml_parser_initialize(&composer.parser) == 1 else { throw composer.noYAML("no memory is left") }
        defer { yaml_parser_delete(&composer.parser) }
        yaml_parser_set_encoding(&composer.parser, YAML_UTF8_ENCODING)
        let bytes = ContiguousArray(yaml.utf8)
        return try bytes.withUnsafeBufferPointer { buffer throws(SettingsError) in
            yaml_parser_set_input_string(&composer.parser, buffer.baseAddress, buffer.count)
            return try composer.document()
        }
    }

    private init(_ fields: FieldReader) { self.fields = fields }

    /// What a place in the text is, with what is needed of it.
    private enum Event {
        case scalar(SettingsNode.Scalar)
        case sequence(line: Int)
        case mapping(line: Int)
        case alias(line: Int)
        /// Of a list, a mapping, or the whole text.
        case end
        case documentStart(line: Int)
        /// The beginning of the text, the end of a document.
        case other
    }

    private func document() throws(SettingsError) -> SettingsNode? {
        _ = try next()
        guard case .documentStart = try next() else { return nil }
        let root = try node(try next())
        _ = try next()
        if case .documentStart(let line) = try next() {
            throw error(line, found: "YAML with a fault: but found another document")
        }
        return root
    }

    private func node(_ event: Event) throws(SettingsError) -> SettingsNode? {
        switch event {
        case .scalar(let scalar): return .scalar(scalar)
        case .sequence(let line):
            try enter(line)
            var items: [SettingsNode] = []
            while let item = try node(try next()) { items.append(item) }
            depth -= 1
            return .sequence(items, line: line)
        case .mapping(let line):
            try enter(line)
            var pairs: [SettingsNode.Pair] = []
            while let key = try node(try next()) {
                guard let value = try node(try next()) else { break }
                pairs.append(SettingsNode.Pair(key: key, value: value))
            }
            depth -= 1
            try check(pairs)
            return .mapping(pairs, line: line)
        case .alias(let line):
            throw SettingsError(
                what: fields.what, file: fields.file, line: line, found: "an alias (*name)", expected: "no aliases",
                hint: "write out what it stands for")
        case .end, .documentStart, .other: return nil
        }
    }

    private func enter(_ line: Int) throws(SettingsError) {
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw error(line, found: "lists and mappings that are nested deeper than \(Self.maximumDepth)")
        }
    }

    private func check(_ pairs: [SettingsNode.Pair]) throws(SettingsError) {
        var seen: Set<String> = []
        seen.reserveCapacity(pairs.count)
        let twice = pairs.compactMap(\.key.string).filter { !seen.insert($0).inserted }
        guard let key = twice.min() else { return }
        throw SettingsError(
            what: fields.what, file: fields.file, line: pairs.first { $0.key.string == key }?.key.line, field: key,
            found: "the same key twice", expected: "each key once")
    }

    private func next() throws(SettingsError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else { throw fault() }
        defer { yaml_event_delete(&event) }
        let line = Int(event.start_mark.line) + 1
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return .scalar(.init(string: text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, line: line))
        case YAML_SEQUENCE_START_EVENT: return .sequence(line: line)
        case YAML_MAPPING_START_EVENT: return .mapping(line: line)
        case YAML_ALIAS_EVENT: return .alias(line: line)
        case YAML_DOCUMENT_START_EVENT: return .documentStart(line: line)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_STREAM_END_EVENT: return .end
        default: return .other
        }
    }

    /// What libyaml says is wrong.
    private func fault() -> SettingsError {
        let problem = parser.problem.map { String(cString: $0) } ?? "no memory is left"
        if parser.error == YAML_READER_ERROR { return noYAML("unreadable text: " + problem) }
        return error(Int(parser.problem_mark.line) + 1, found: "YAML with a fault: " + problem)
    }

    private func error(_ line: Int, found: String) -> SettingsError {
        var error = noYAML(found)
        error.line = line
        return error
    }

    private func noYAML(_ found: String) -> SettingsError {
        SettingsError(
            what: fields.what, file: fields.file, found: found,
            expected: SettingsError.subject(of: fields.what) + " in YAML")
    }
}

import CYaml

/// Where a YAML text refers to an anchor. Aliases are refused before nodes are made of the text: a few of them, nested,
/// stand for more nodes than any machine can compare.
enum YAMLAliases {
    /// The line, counted from 1, of the first alias; `nil` without one, also where the text is no YAML from some place on.
    static func firstLine(in yaml: String) -> Int? {
        var yaml = yaml
        return yaml.withUTF8 { bytes in
            guard bytes.contains(UInt8(ascii: "*")) else { return nil }
            var parser = yaml_parser_t()
            guard yaml_parser_initialize(&parser) == 1 else { return nil }
            defer { yaml_parser_delete(&parser) }
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            while true {
                var event = yaml_event_t()
                guard yaml_parser_parse(&parser, &event) == 1 else { return nil }
                defer { yaml_event_delete(&event) }
                if event.type == YAML_ALIAS_EVENT { return Int(event.start_mark.line) + 1 }
                if event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT { return nil }
            }
        }
    }
}

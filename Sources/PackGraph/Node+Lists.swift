extension Node {
    /// The list of floats, or `nil` where the node has none of that name. Throws as `int` does.
    public func floats(_ name: String) throws(GraphError) -> [Float]? {
        switch attributes[name] {
        case nil: return nil
        case .floats(let values): return values
        case let other?:
            throw GraphError(
                .wrongAttribute, self, found: "\(name) = \(other)", expected: "\(name) as a list of floats")
        }
    }

    /// The list of strings, or `nil` where the node has none of that name. Throws as `int` does.
    public func strings(_ name: String) throws(GraphError) -> [String]? {
        switch attributes[name] {
        case nil: return nil
        case .strings(let values): return values
        case let other?:
            throw GraphError(
                .wrongAttribute, self, found: "\(name) = \(other)", expected: "\(name) as a list of strings")
        }
    }

    /// One of several words that a string attribute may be; its place in the list.
    ///
    /// - Throws: `GraphError` of kind `wrongAttribute` for another word or another type.
    package func choice(_ name: String, _ words: [String], default standard: String) throws(GraphError) -> Int {
        let found = try string(name, default: standard)
        guard let place = words.firstIndex(of: found) else {
            throw GraphError(.wrongAttribute, self, found: "\(name) \(found)", expected: "one of \(words)")
        }
        return place
    }
}

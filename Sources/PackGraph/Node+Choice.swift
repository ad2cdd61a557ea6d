extension Node {
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

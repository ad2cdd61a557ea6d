/// The checks of one platform.
struct JUnitSuite {
    var name: String
    var cases: [Case] = []

    /// A check.
    struct Case {
        var name: String
        var fault: Fault = .none
        var message: String
        var type: String
        var details: String
    }

    /// What is wrong with a check.
    enum Fault: String {
        case none
        case failure
        case error
        case skipped
    }

    /// Suites in the order of the results; what is about no platform is in one named `pack`.
    static func suites(of assessment: Assessment) -> [JUnitSuite] {
        var suites: [JUnitSuite] = []
        var places: [String: Int] = [:]
        func add(_ item: Case, to name: String) {
            let place = places[name] ?? suites.count
            if place == suites.count {
                places[name] = place
                suites.append(JUnitSuite(name: name))
            }
            suites[place].cases.append(item)
        }
        for result in assessment.results {
            // The schema wants a name, and takes blanks for none.
            let target = result.target.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
            add(Case(result, rule: assessment.rule(result.rule)), to: target ?? "pack")
        }
        for problem in assessment.problems { add(Case(problem: problem), to: "pack") }
        let isTold = suites.contains { $0.count(.failure) + $0.count(.error) > 0 }
        if assessment.outcome != .passes, !isTold { add(Case(outcome: assessment.outcome), to: "pack") }
        return suites
    }

    func count(_ fault: Fault) -> Int { cases.count { $0.fault == fault } }

    func lines(index: Int, timestamp: String, assessment: Assessment) -> [String] {
        let attributes = XMLText.attributes([
            ("name", name), ("package", "pack"), ("id", String(index)), ("timestamp", timestamp),
            ("hostname", "localhost"), ("tests", String(cases.count)), ("failures", String(count(.failure))),
            ("errors", String(count(.error))), ("skipped", String(count(.skipped))), ("time", "0"),
        ])
        let properties = [
            ("pack.version", assessment.toolVersion), ("pack.configuration", assessment.configuration),
            ("pack.outcome", assessment.outcome.rawValue),
        ]
        let output = cases.map { XMLText.escaped("\($0.name): \($0.details)") }.joined(separator: "\n")
        return ["  <testsuite\(attributes)>", "    <properties>"]
            + properties.map { "      <property" + XMLText.attributes([("name", $0), ("value", $1)]) + "/>" }
            + ["    </properties>"] + cases.flatMap { $0.lines(suite: name) }
            + ["    <system-out>\(output)</system-out>", "    <system-err></system-err>", "  </testsuite>"]
    }
}

extension JUnitSuite.Case {
    /// What only warns is no failure; it is told in the suite's output. What is not known is an error if it is to be
    /// one, else it counts as skipped.
    init(_ result: Assessment.Result, rule: Assessment.Rule?) {
        let fault: JUnitSuite.Fault =
            switch (result.outcome, result.level) {
            case (.fail, .error): .failure
            case (.unknown, .error): .error
            case (.unknown, _): .skipped
            default: .none
            }
        let id = rule?.id ?? result.rule
        let values = [("measured", result.measured), ("limit", result.limit), ("file", result.path)]
        let details = values.compactMap { name, value in value.map { "\(name) \($0)" } }
        self.init(
            name: result.path.map { "\(id) \($0)" } ?? id, fault: fault, message: result.message, type: result.rule,
            details: ([result.outcome.rawValue, result.message] + details).joined(separator: "; "))
    }

    init(problem: String) {
        self.init(name: "analysis", fault: .error, message: problem, type: "problem", details: problem)
    }

    init(outcome: Assessment.Outcome) {
        self.init(
            name: "outcome", fault: outcome == .fails ? .failure : .error, message: "pack " + outcome.words,
            type: outcome.rawValue, details: outcome.words)
    }

    func lines(suite: String) -> [String] {
        let head =
            "    <testcase" + XMLText.attributes([("name", name), ("classname", "pack." + suite), ("time", "0")])
        if fault == .none { return [head + "/>"] }
        var attributes = [("message", message)]
        if fault != .skipped { attributes.append(("type", type)) }
        let tag = fault.rawValue
        return [
            head + ">", "      <\(tag)\(XMLText.attributes(attributes))>\(XMLText.escaped(details))</\(tag)>",
            "    </testcase>",
        ]
    }
}

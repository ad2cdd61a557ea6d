extension GateRules.Exemption {
    /// Whether it is for this check of this platform.
    func covers(_ check: Check, on target: String) -> Bool {
        (self.target == nil || self.target == target)
            && (rule == check.id.rawValue || rule == RuleCatalog.code(of: check.id))
    }
}

import PackFit
import Testing

@Suite struct CatalogTests {
    /// Codes never change: entries are added here, none is altered.
    static let codes = [
        "PK101 package.zipped",
        "PK102 package.unpacked",
        "PK103 package.layers",
        "PK104 package.files",
        "PK105 package.names",
        "PK106 entry.point",
        "PK107 image.size",
        "PK108 disk",
        "PK201 memory.peak",
        "PK202 memory.files",
        "PK203 startup.time",
        "PK204 startup.gateway",
        "PK205 request.time",
        "PK206 request.size",
        "PK207 response.size",
        "PK301 isa",
        "PK302 libc",
        "PK303 libraries",
        "PK304 python",
        "PK401 weights.second-copy",
        "PK402 training.state",
        "PK403 pickle",
        "PK404 tensors.duplicate",
        "PK405 model.unsupported",
        "PK406 weights.missing",
        "PK407 tensors.unused",
        "PK408 tensors.alike",
        "PK501 package.unused",
        "PK502 waste.tests",
        "PK503 waste.docs",
        "PK504 waste.headers",
        "PK505 waste.static-libraries",
        "PK506 waste.bytecode",
        "PK507 waste.debug",
        "PK508 waste.other-platform",
        "PK509 waste.unneeded-library",
        "PK510 dependencies.cuda",
        "PK511 package.duplicate",
        "PK512 requirement.missing",
        "PK513 wheel.tag",
        "PK514 record.differs",
        "PK515 elf.executable-stack",
        "PK516 elf.instructions",
        "PK517 import.dynamic",
        "PK518 requirement.unpinned",
        "PK519 waste.stubs",
        "PK520 python.version",
        "PK521 elf.damaged",
        "PK522 metadata.incomplete",
        "PK523 files.claimed-twice",
        "PK524 record.climbs",
        "PK525 elf.library",
        "PK526 waste.installers",
        "PK527 waste.translations",
        "PK528 waste.records",
        "PK529 waste.duplicates",
        "PK530 waste.symbols",
        "PK531 archive.expands",
        "PK601 budget.maximum",
        "PK602 budget.growth",
        "PK603 budget.growth-percent",
        "PK604 budget.accuracy",
        "PK605 exemption.expired",
        "PK606 exemption.unused",
        "PK901 unknown",
        "PK902 unreadable",
        "PK903 dependencies.unresolved",
        "PK904 damaged",
        "PK905 measure.failed",
    ]

    @Test func codesStayWhatTheyAre() {
        #expect(RuleCatalog.all.map { "\($0.code) \($0.id)" } == Self.codes)
    }

    @Test func nothingIsCalledTheSame() {
        #expect(Set(RuleCatalog.all.map(\.code)).count == RuleCatalog.all.count)
        #expect(Set(RuleCatalog.all.map(\.id)).count == RuleCatalog.all.count)
    }

    @Test func everyCheckHasACode() {
        for id in Check.ID.allCases {
            #expect(RuleCatalog.entry(of: id).id == id.rawValue)
            #expect(RuleCatalog.code(of: id) != "PK999")
            #expect(RuleCatalog.isCheck(id.rawValue))
            #expect(RuleCatalog.isCheck(RuleCatalog.code(of: id)))
        }
        #expect(!RuleCatalog.isCheck("PK401"))
        #expect(!RuleCatalog.isCheck("PK000"))
        #expect(RuleCatalog.entry("PK101") == RuleCatalog.entry("package.zipped"))
    }

    @Test func everyEntrySaysWhatToDo() {
        for entry in RuleCatalog.all {
            #expect(!entry.title.isEmpty)
            #expect(entry.help.hasSuffix("."))
            #expect(entry.help.count > 20)
        }
    }
}

extension RuleCatalog {
    /// PK4xx.
    static let model = [
        Entry(
            "PK401", "weights.second-copy", "Weights in a second format",
            "The same weights stand in the folder in two formats. Keep the safetensors file and drop the other one."),
        Entry(
            "PK402", "training.state", "State of a training",
            "Optimizer states, schedulers and logs are only needed to go on training. Leave them out of the deployment."
        ),
        Entry(
            "PK403", "pickle", "Weights as a pickle",
            "Loading a pickle runs code from it. Convert the weights to safetensors, and load only files that you trust."
        ),
        Entry(
            "PK404", "tensors.duplicate", "Tensors stored twice",
            "Several tensors hold the same bytes. Tie them, or let pack slim store them once."),
        Entry(
            "PK405", "model.unsupported", "No bundle possible",
            "The model uses something that pack slim cannot carry over. Deploy it with its own stack, or export it in another form."
        ),
        Entry(
            "PK406", "weights.missing", "Missing weights",
            "A file that the index names is not there, or is shorter than it says. Fetch the model again."),
        Entry(
            "PK407", "tensors.unused", "Tensors that no output needs",
            "No output of the model depends on these tensors. Drop them, or let pack slim leave them out."),
        Entry(
            "PK408", "tensors.alike", "Tensors that look alike",
            "Samples of these tensors are the same; they were not compared in full. Check whether they are copies."),
    ]

    /// PK5xx.
    static let dependencies = [
        Entry(
            "PK501", "package.unused", "Package that nothing imports",
            "No import from the entry point leads to this package. Take it out of the requirements if no dynamic import needs it."
        ),
        Entry("PK502", "waste.tests", "Tests", "Tests of packages are never run in a deployment. Drop these files."),
        Entry("PK503", "waste.docs", "Documents", "Documents and examples are never read. Drop these files."),
        Entry(
            "PK504", "waste.headers", "Headers and sources",
            "Headers and sources are only needed to compile. Drop these files."),
        Entry(
            "PK505", "waste.static-libraries", "Static libraries",
            "Static libraries are only needed to link. Drop these files."),
        Entry(
            "PK506", "waste.bytecode", "Bytecode caches",
            "Bytecode caches are made anew when they are missing, at the price of a slower start. Drop them where size matters more."
        ),
        Entry(
            "PK507", "waste.debug", "Debug symbols",
            "Debug symbols are only needed in a debugger. Install builds without them, or strip the libraries."),
        Entry(
            "PK508", "waste.other-platform", "Binaries of other platforms",
            "These binaries cannot run on the target. Drop these files."),
        Entry(
            "PK509", "waste.unneeded-library", "Libraries that nothing needs",
            "No file of the deployment is linked against these shared libraries. Drop them unless code loads them by name."
        ),
        Entry(
            "PK510", "dependencies.cuda", "CUDA on a target without a GPU",
            "CUDA libraries are of no use on processors. Install the builds for the CPU, such as torch from its index for cpu."
        ),
        Entry(
            "PK511", "package.duplicate", "Package that is there twice",
            "The same package, or the same files, stand in two places, such as a layer and the package. Keep one."),
        Entry(
            "PK512", "requirement.missing", "Requirement that is not there",
            "A package requires another one that the deployment lacks, or has in another version. Install it."),
        Entry(
            "PK513", "wheel.tag", "Wheel for another target",
            "The wheel's tags do not match the target's Python, processor or C library. Install the wheel for the target."
        ),
        Entry(
            "PK514", "record.differs", "RECORD that does not match",
            "Files are not what the package's RECORD says. Install the package anew."),
        Entry(
            "PK515", "elf.executable-stack", "Executable stack",
            "A library asks for an executable stack, which some platforms refuse. Use a newer build of the package."),
        Entry(
            "PK516", "elf.instructions", "Instructions that are not promised",
            "A library may use instructions that the platform does not promise. Use a build that chooses them when it runs."
        ),
        Entry(
            "PK517", "import.dynamic", "Import that cannot be followed",
            "What is imported is decided when the code runs. List such packages so that they are not taken for unused."),
        Entry(
            "PK518", "requirement.unpinned", "Requirement without a version",
            "The version is decided when it is installed. Pin it, or use a lock file."),
        Entry(
            "PK519", "waste.stubs", "Type stubs",
            "Type stubs are only read by type checkers. Drop these files."),
        Entry(
            "PK520", "python.version", "Package for another Python",
            "Extension modules are for another Python than the target's. Install the packages for it: pip install --python-version."
        ),
        Entry(
            "PK521", "elf.damaged", "Damaged library",
            "A compiled file breaks the rules of its format. Install the package anew."),
        Entry(
            "PK522", "metadata.incomplete", "Incomplete metadata",
            "A package's metadata lack its name or version, or contradict its folder. Install the package anew."),
        Entry(
            "PK523", "files.claimed-twice", "Files of two packages",
            "Two packages claim the same files, and the one that was installed later has overwritten them. Keep one."),
        Entry(
            "PK524", "record.climbs", "RECORD that leads outside",
            "A package's RECORD names files outside the folder of packages. Nothing was looked at there, and it is not part of the deployment."
        ),
        Entry(
            "PK525", "elf.library", "Library that not every platform has",
            "A shared library is needed that the files lack and only some platforms bring. See that the target has it, or add it."
        ),
        Entry(
            "PK526", "waste.installers", "Installers",
            "pip, setuptools and wheel install packages; a deployment has them installed. Drop them unless code imports them."
        ),
        Entry(
            "PK527", "waste.translations", "Translations",
            "Translations are only read by programs that talk to people. Drop these files."),
        Entry(
            "PK528", "waste.records", "Records of packages",
            "Licence texts and records are not read while code runs; METADATA, entry_points.txt and RECORD stay. Drop these files where licences allow it."
        ),
        Entry(
            "PK529", "waste.duplicates", "The same bytes twice",
            "Files hold the same bytes as others. Keep one of them, or link to it."),
        Entry(
            "PK530", "waste.symbols", "Symbol tables",
            "Symbol tables that only debuggers and linkers read. Strip the libraries, and test them afterwards."),
        Entry(
            "PK531", "archive.expands", "Entry that expands enormously",
            "An archive's entry holds next to nothing for its size. See that it is meant: it may be a bomb, or empty data."
        ),
    ]

    /// PK6xx.
    static let budgets = [
        Entry(
            "PK601", "budget.maximum", "Budget",
            "A measure is over the budget that pack.yaml states. Make it smaller, or raise the budget on purpose."),
        Entry(
            "PK602", "budget.growth", "Growth in bytes or seconds",
            "A measure grew by more than pack.yaml allows. See what changed most, or write a new baseline on purpose."),
        Entry(
            "PK603", "budget.growth-percent", "Growth in percent",
            "A measure grew by a larger share than pack.yaml allows. See what changed most, or write a new baseline on purpose."
        ),
        Entry(
            "PK604", "budget.accuracy", "Accuracy",
            "The bundle's answers differ more from the original's than pack.yaml allows. Quantize less."),
        Entry(
            "PK605", "exemption.expired", "Exemption that ran out",
            "The last day of an exemption in pack.yaml has passed. Repair its cause, or renew it with a reason."),
        Entry(
            "PK606", "exemption.unused", "Exemption that nothing needs",
            "No check needs this exemption any more. Take it out of pack.yaml."),
    ]

    /// PK9xx.
    static let unjudged = [
        Entry(
            "PK901", "unknown", "Not known",
            "A number that the check needs is not known. Measure it with --measure, resolve requirements with --resolve, or name the entry point."
        ),
        Entry(
            "PK902", "unreadable", "File that cannot be read",
            "The file was left out of the judgement. Make it readable, or take it out of the deployment."),
        Entry(
            "PK903", "dependencies.unresolved", "Requirements without versions",
            "The requirements were not resolved, so that their packages are not known. Use --resolve, or a lock file."),
        Entry(
            "PK904", "damaged", "File that is damaged",
            "An archive, an image or a lock file is not what it claims to be. Make it anew."),
        Entry(
            "PK905", "measure.failed", "Run that could not be measured",
            "The entry point did not start or ended with an error. Run it by hand, and repair what it reports."),
    ]
}

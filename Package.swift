// swift-tools-version: 6.2
import PackageDescription

// PACK_EMBEDDED=1 selects the second build: the runtime's modules as Embedded Swift, and nothing else.
let embedded = Context.environment["PACK_EMBEDDED"] == "1"

/// Settings of the modules that compile twice, as ordinary and as Embedded Swift.
let runtimeSettings: [SwiftSetting] =
    [.treatAllWarnings(as: .error)]
    + (embedded
        ? [
            .enableExperimentalFeature("Embedded"),
            .unsafeFlags(["-wmo", "-Osize", "-Xfrontend", "-function-sections"]),
        ] : [])
let toolSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// The kernels are optimized in every configuration: they are measured and tested as they ship.
/// PACK_PRUNABLE makes every operator and kernel variant a weak slot that the bundle's link line ties.
let kernelSettings: [CSetting] =
    [.unsafeFlags(["-O3", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror"])]
    + (embedded ? [.define("PACK_PRUNABLE")] : [])

/// An ordinary module of the tool.
func tool(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: toolSettings)
}

/// A module that is compiled into the runtime as well.
func runtime(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: runtimeSettings)
}

/// A test target, named after what it tests.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: toolSettings)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

// Rows of the layer table in the README; a module depends only on rows above its own.
let runtimeTargets: [Target] = [
    .target(name: "CPackKernels", cSettings: kernelSettings),
    .target(name: "CPackSystem", cSettings: kernelSettings),
    runtime("PackCore", ["CPackKernels", "CPackSystem"]),
    runtime("PackRuntime", ["PackCore", "CPackKernels", "CPackSystem"]),
    runtime("PackTokenizers", ["PackCore"]),
    runtime("PackServing", ["PackCore", "PackRuntime", "PackTokenizers", "CPackSystem"]),
]

let toolTargets: [Target] = [
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    // Loops that only `pack bench` needs; not in the runtime.
    .target(name: "CPackBench", dependencies: ["CPackKernels"], cSettings: kernelSettings),
    tool("PackIO", ["PackCore", "CPackSystem", crypto]),
    tool("PackFormats", ["PackCore", "PackIO", "CArchive"]),
    tool("PackGraph", ["PackCore", "PackIO"]),
    tool("PackImport", ["PackCore", "PackIO", "PackFormats", "PackGraph", "PackTokenizers"]),
    tool("PackPasses", ["PackCore", "PackIO", "PackGraph"]),
    tool("PackProfiles", ["PackCore", "PackIO", "Yams"]),
    tool("PackPlanner", ["PackCore", "PackGraph", "PackRuntime", "CPackKernels", "CPackSystem"]),
    tool("PackQuantize", ["CPackKernels", "PackCore", "PackGraph", "PackPlanner", "PackRuntime", "PackTokenizers"]),
    tool("PackFit", ["PackProfiles"]),
    tool("PackBundle", ["PackIO", "CPackKernels", "CArchive"]),
    tool("PackReport"),
    tool("PackLab", ["PackGraph", "PackCore", "PackIO", "PackProfiles", "PackServing", "CPackSystem", "CArchive"]),
    .executableTarget(
        name: "pack",
        dependencies: [
            "PackCore", "PackIO", "PackFormats", "PackGraph", "PackImport", "PackPasses", "PackProfiles", "PackPlanner",
            "PackQuantize", "PackFit", "PackBundle", "PackReport", "PackLab", "PackRuntime", "PackTokenizers",
            "PackServing", "CPackKernels", "CPackSystem", "CPackBench", argumentParser,
        ],
        swiftSettings: toolSettings),
    tests("PackIOTests", ["PackIO"]),
    tests("PackFormatsTests", ["PackCore", "PackIO", "PackFormats"]),
    tests("PackImportTests", ["PackCore", "PackIO", "PackFormats", "PackGraph", "PackPasses", "PackImport"]),
    tests("PackGraphTests", ["PackCore", "PackGraph"]),
    tests("PackPassesTests", ["PackCore", "PackGraph", "PackPasses"]),
    // Checks in C, because they also run on arm64 under an emulator (Tests/kernels/arm64.sh).
    .target(
        name: "CKernelChecks", dependencies: ["CPackKernels"], path: "Tests/CKernelChecks", cSettings: kernelSettings),
    tests("PackKernelsTests", ["CPackKernels", "CKernelChecks"]),
    tests(
        "PackQuantizeTests", ["PackCore", "PackGraph", "PackImport", "PackPlanner", "PackQuantize", "PackTokenizers"]),
    tests("PackTokenizersTests", ["PackCore", "PackTokenizers", "PackImport", "PackIO"]),
    tests("PackProfilesTests", ["PackIO", "PackProfiles"]),
    tests("PackFitTests", ["PackFit", "PackProfiles"]),
    tests("PackReportTests", ["PackReport"]),
    tests("PackCommandTests", ["pack", "PackIO"]),
]

let package = Package(
    name: "pack",
    products: embedded
        ? [.library(name: "PackRuntimeStatic", type: .static, targets: ["PackRun"])]
        : [.executable(name: "pack", targets: ["pack"])],
    dependencies: embedded
        ? []
        : [
            .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
            .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
            .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        ],
    targets: runtimeTargets
        + (embedded
            ? [
                .target(
                    name: "PackRun",
                    dependencies: [
                        "PackCore", "PackRuntime", "PackTokenizers", "PackServing", "CPackSystem", "CPackKernels",
                    ],
                    path: "Sources/pack-run", swiftSettings: runtimeSettings)
            ] : toolTargets),
    cLanguageStandard: .gnu11
)

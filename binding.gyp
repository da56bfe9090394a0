{
  # Warnings are errors in a checkout; a user's newer compiler must not fail on a new one.
  "variables": {"strict%": 0},

  # Added to Node's own defaults, which set -O3, -pthread and the like.
  "target_defaults": {
    "include_dirs": ["src"],
    "cflags": [
      "-std=c11",
      "-fvisibility=hidden",
      "-Wall",
      "-Wextra",
      "-Wshadow",
      "-Wstrict-prototypes"
    ],
    "conditions": [
      ["strict==1", {
        "cflags": ["-Werror"],
        "xcode_settings": {"OTHER_CFLAGS": ["-Werror"]},
        "msvs_settings": {"VCCLCompilerTool": {"WarnAsError": "true"}}
      }]
    ],
    "xcode_settings": {
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "OTHER_CFLAGS": ["-std=c11", "-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes"]
    },
    "msvs_settings": {
      "VCCLCompilerTool": {
        # Node's defaults name a C++ standard, which means nothing to a C file.
        "AdditionalOptions!": ["-std:c++17", "-std:c++20"],
        "AdditionalOptions": ["/std:c11", "/experimental:c11atomics"],
        "WarningLevel": 3
      }
    }
  },

  "targets": [
    {
      # The algorithms: C11 without N-API. scripts/test-core.js compiles the same files with the
      # same warnings.
      "target_name": "threadheap_core",
      "type": "static_library",
      "sources": [
        "<!@(node -p \"require('fs').readdirSync('src/core').filter(f => f.endsWith('.c')).map(f => 'src/core/' + f).join(' ')\")"
      ],
      # Node's defaults switch this warning off.
      "cflags!": ["-Wno-unused-parameter"],
      "cflags": ["-fPIC", "-Wmissing-prototypes"],
      "xcode_settings": {
        "WARNING_CFLAGS!": ["-Wno-unused-parameter"],
        "OTHER_CFLAGS": ["-Wmissing-prototypes"]
      }
    },
    {
      "target_name": "threadheap",
      "dependencies": ["threadheap_core"],
      "sources": [
        "<!@(node -p \"require('fs').readdirSync('src/binding').filter(f => f.endsWith('.c')).map(f => 'src/binding/' + f).join(' ')\")"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8"],
      "conditions": [
        ["OS=='linux'", {"libraries": ["-ldl"]}]
      ]
    }
  ]
}

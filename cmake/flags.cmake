# The warnings and rules that every file of ours is compiled with.
set(NEMG_C_FLAGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wundef -Wwrite-strings -Wcast-qual -Wpointer-arith -Wformat=2
    -Wdouble-promotion
    -ffp-contract=off # the same numbers from every compiler
    -D_POSIX_C_SOURCE=200809L)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND NEMG_C_FLAGS -Wno-format-truncation)
endif()
if(NEMG_WERROR)
    list(APPEND NEMG_C_FLAGS -Werror)
endif()

# Asserts stay on in every build.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

if(NEMG_SANITIZE)
    add_compile_options(-fsanitize=${NEMG_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
    add_link_options(-fsanitize=${NEMG_SANITIZE})
endif()

# nemg_embed(out folder): writes a C file that holds every file of folder: the table that
# src/web/assets.h declares, and their bytes through the assembler's .incbin.
function(nemg_embed out folder)
    set(type_html "text/html; charset=utf-8")
    set(type_css "text/css; charset=utf-8")
    set(type_js "text/javascript; charset=utf-8")
    set(type_json "application/json")
    set(type_svg "image/svg+xml")
    file(GLOB files CONFIGURE_DEPENDS ${folder}/*)
    set(bytes "")
    set(declarations "")
    set(rows "")
    set(i 0)
    foreach(file ${files})
        get_filename_component(name ${file} NAME)
        get_filename_component(extension ${file} LAST_EXT)
        string(SUBSTRING ${extension} 1 -1 extension)
        if(NOT DEFINED type_${extension})
            message(FATAL_ERROR "${file}: no content type for .${extension} in cmake/embed.cmake")
        endif()
        set(path "/${name}")
        if(name STREQUAL "index.html")
            set(path "/")
        endif()
        string(APPEND bytes
            "__asm__(\".section .rodata\\n.balign 16\\n.globl nemg_asset_${i}\\nnemg_asset_${i}:\\n\"\n"
            "        \".incbin \\\"${file}\\\"\\n.globl nemg_asset_${i}_end\\nnemg_asset_${i}_end:\\n\"\n"
            "        \".byte 0\\n.previous\\n\");\n")
        string(APPEND declarations "extern const unsigned char nemg_asset_${i}[], nemg_asset_${i}_end[];\n")
        string(APPEND rows "    {\"${path}\", \"${type_${extension}}\", nemg_asset_${i}, nemg_asset_${i}_end},\n")
        math(EXPR i "${i} + 1")
    endforeach()
    file(CONFIGURE OUTPUT ${out} CONTENT
        "/* made by cmake/embed.cmake */\n#include \"web/assets.h\"\n\n${bytes}\n${declarations}\nconst struct asset assets[] = {\n${rows}    {0},\n};\n"
        @ONLY)
    set_source_files_properties(${out} PROPERTIES OBJECT_DEPENDS "${files}")
endfunction()

/* main.c: the program. */
#include "base/mem.h"
#include "cli/command.h"

int main(int argc, char **argv)
{
    mem_return_large_blocks();
    return command_main(argc, argv);
}

"""A small server of GitHub's API, with pages and webhooks, to try reviews of pull requests without GitHub or a network.

It knows repositories, pull requests with pushes, files, checks and reviews, as much of each as a reviewer needs, and is
strict where GitHub is: a remark that is on no line of the diff is refused, and so is a review of an unknown commit. It is
a program of its own, as the local Discord is: ``python -m bot.local_github``.
"""

from django.contrib.auth import authenticate
from django.http import JsonResponse


def login(request):
    user = authenticate(username=request.POST["user"], password=request.POST["password"])
    token = make_token(user) if user else None
    return JsonResponse({"token": token, "password": None})
